package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	kmsapi "k8s.io/kms/apis/v2"
)

// fakePlugin is a KMS v2 plugin in memory with the wire rules that the client checks. Each field of
// faults breaks one of them.
type fakePlugin struct {
	kmsapi.UnimplementedKeyManagementServiceServer
	mu      sync.Mutex
	version int
	takes   time.Duration // of a Decrypt
	faults  faults
}

type faults struct {
	unhealthy          bool // Status says unhealthy
	otherKeyInEncrypt  bool // Encrypt names another key than Status
	longKeyID          bool // a key_id over 1 KiB
	longCiphertext     bool // a ciphertext over 1 KiB
	badAnnotation      bool // an annotation key that is no FQDN
	plaintextStored    bool // the "ciphertext" is the plaintext
	sameCiphertext     bool // Encrypt is deterministic
	otherPlaintext     bool // Decrypt returns something else
	forgetsOldKeys     bool // Decrypt knows the newest version alone
	ignoresAnnotations bool // Decrypt does not look at annotations
	ignoresKeyID       bool // Decrypt takes any key_id
	neverRotates       bool // rotate() does nothing
}

var fqdn = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)

func keyIDOf(version int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "key %d", version))
	return "obk2." + base64.RawURLEncoding.EncodeToString(sum[:])
}

func hashOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return []byte(base64.RawURLEncoding.EncodeToString(sum[:]))
}

func (p *fakePlugin) aead(version int) cipher.AEAD {
	key := sha256.Sum256(fmt.Appendf(nil, "secret %d", version))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (p *fakePlugin) active() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.version
}

func (p *fakePlugin) rotate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.faults.neverRotates {
		p.version++
	}
}

func (p *fakePlugin) Status(context.Context, *kmsapi.StatusRequest) (*kmsapi.StatusResponse, error) {
	answer := &kmsapi.StatusResponse{Version: "v2", Healthz: "ok", KeyId: keyIDOf(p.active())}
	if p.faults.unhealthy {
		answer.Healthz, answer.KeyId = "unhealthy", ""
	}
	if p.faults.longKeyID {
		answer.KeyId = strings.Repeat("k", 1025)
	}
	return answer, nil
}

func (p *fakePlugin) Encrypt(_ context.Context, q *kmsapi.EncryptRequest) (*kmsapi.EncryptResponse, error) {
	if len(q.Plaintext) == 0 {
		return nil, status.Error(codes.InvalidArgument, "plaintext is empty")
	}
	version := p.active()
	aead := p.aead(version)
	nonce := make([]byte, aead.NonceSize())
	if !p.faults.sameCiphertext {
		_, _ = rand.Read(nonce)
	}
	body := base64.StdEncoding.EncodeToString(aead.Seal(nonce, nonce, q.Plaintext, nil))
	answer := &kmsapi.EncryptResponse{
		Ciphertext: fmt.Appendf(nil, "vault:v%d:%s", version, body),
		KeyId:      keyIDOf(version),
		Annotations: map[string][]byte{
			keyIDHashAnnotation: hashOf(keyIDOf(version)),
		},
	}
	switch {
	case p.faults.otherKeyInEncrypt:
		answer.KeyId = keyIDOf(version + 1)
	case p.faults.longKeyID:
		answer.KeyId = strings.Repeat("k", 1025)
	case p.faults.longCiphertext:
		answer.Ciphertext = append(answer.Ciphertext, make([]byte, 1024)...)
	case p.faults.badAnnotation:
		answer.Annotations["No_FQDN"] = []byte("x")
	case p.faults.plaintextStored:
		answer.Ciphertext = append([]byte("vault:v1:"), q.Plaintext...)
	}
	return answer, nil
}

func (p *fakePlugin) Decrypt(_ context.Context, q *kmsapi.DecryptRequest) (*kmsapi.DecryptResponse, error) {
	time.Sleep(p.takes)
	refuse := func(text string) (*kmsapi.DecryptResponse, error) {
		return nil, status.Error(codes.InvalidArgument, text)
	}
	if len(q.Ciphertext) == 0 || len(q.Ciphertext) > 1023 {
		return refuse("ciphertext size")
	}
	newest := p.active()
	version := 0
	for known := 1; known <= newest; known++ {
		if keyIDOf(known) == q.KeyId && (known == newest || !p.faults.forgetsOldKeys) {
			version = known
		}
	}
	if p.faults.ignoresKeyID {
		version = newest
	}
	if !strings.HasPrefix(q.KeyId, "obk2.") && !p.faults.ignoresKeyID {
		return refuse("key_id is malformed")
	}
	if version == 0 {
		return nil, status.Error(codes.NotFound, "key_id is unknown")
	}
	if !p.faults.ignoresAnnotations {
		for key := range q.Annotations {
			if !fqdn.MatchString(key) {
				return refuse("annotation key")
			}
		}
		if string(q.Annotations[keyIDHashAnnotation]) != string(hashOf(keyIDOf(version))) {
			return refuse("annotations")
		}
	}
	body, found := strings.CutPrefix(string(q.Ciphertext), fmt.Sprintf("vault:v%d:", version))
	raw, err := base64.StdEncoding.DecodeString(body)
	if !found || err != nil || len(raw) < 12 {
		if p.faults.plaintextStored {
			return &kmsapi.DecryptResponse{Plaintext: []byte(body)}, nil
		}
		return refuse("ciphertext")
	}
	plain, err := p.aead(version).Open(nil, raw[:12], raw[12:], nil)
	if err != nil {
		return refuse("message authentication failed")
	}
	if p.faults.otherPlaintext {
		plain[0] ^= 1
	}
	return &kmsapi.DecryptResponse{Plaintext: plain}, nil
}

// serve runs the plugin on a socket until the test ends and returns the path.
func serve(t *testing.T, plugin *fakePlugin) string {
	t.Helper()
	plugin.version = 1
	socket := filepath.Join(t.TempDir(), "kms.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	kmsapi.RegisterKeyManagementServiceServer(server, plugin)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return socket
}
