// Command authserver is an OAuth 2.0 authorisation server on loopback, with TLS: the library
// github.com/zitadel/oidc speaks the protocol, this file and storage.go set it up.
//
// It prints the PEM of the key that its tokens are signed with, then "ready", and serves until it is
// killed. The token endpoint is ISSUER/oauth/token, the JWKS is ISSUER/keys.
package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	certificate := flag.String("certificate", "", "PEM file of the server's certificate")
	key := flag.String("key", "", "PEM file of its key")
	issuer := flag.String("issuer", "", "https URL of this server, as its clients know it")
	client := registered{}
	flag.StringVar(&client.clientID, "client-id", "", "the one client")
	flag.StringVar(&client.secretsFile, "secrets-file", "", "its secrets that are valid now, one a line")
	flag.StringVar(&client.scope, "scope", "kms", "the scope that it may ask for")
	flag.StringVar(&client.audience, "audience", "openbao", "the audience of its tokens")
	flag.DurationVar(&client.lifetime, "lifetime", time.Hour, "of its tokens")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))

	client.Storage = storage.NewStorage(storage.NewUserStore(*issuer))
	if err := printSigningKey(client.Storage); err != nil {
		log.Fatal(err)
	}
	config := &op.Config{AuthMethodPost: true}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		log.Fatal(err)
	}
	provider, err := op.NewProvider(config, &client, op.StaticIssuer(*issuer))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	log.Fatal(http.ServeTLS(listener, provider, *certificate, *key))
}

func printSigningKey(store *storage.Storage) error {
	keys, err := store.KeySet(context.Background())
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(keys[0].Key())
	if err != nil {
		return err
	}
	return pem.Encode(os.Stdout, &pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
