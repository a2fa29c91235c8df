package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// registered is the library's in-memory storage with one client, which may ask for JWT access tokens
// with the client credentials grant alone.
type registered struct {
	*storage.Storage
	clientID    string
	secretsFile string // one a line, read at each grant
	scope       string
	audience    string
	lifetime    time.Duration
}

type machineClient struct{ *storage.Client }

func (machineClient) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeClientCredentials}
}

func (machineClient) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

func (r *registered) ClientCredentials(_ context.Context, id, secret string) (op.Client, error) {
	lines, err := os.ReadFile(r.secretsFile)
	if err != nil {
		return nil, err
	}
	secrets := strings.Split(strings.TrimSuffix(string(lines), "\n"), "\n")
	if id != r.clientID || secret == "" || !slices.Contains(secrets, secret) {
		return nil, errors.New("unknown client or wrong secret")
	}
	return machineClient{storage.WebClient(id, secret)}, nil
}

func (r *registered) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	for _, scope := range scopes {
		if scope != r.scope {
			return nil, oidc.ErrInvalidScope().WithDescription("scope %s is not this client's", scope)
		}
	}
	return &oidc.JWTTokenRequest{Subject: id, Audience: []string{r.audience}, Scopes: scopes}, nil
}

func (r *registered) CreateAccessToken(ctx context.Context, request op.TokenRequest) (string, time.Time, error) {
	id, _, err := r.Storage.CreateAccessToken(ctx, request)
	return id, time.Now().Add(r.lifetime), err
}
