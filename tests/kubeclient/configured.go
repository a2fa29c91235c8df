package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig"
	"k8s.io/apiserver/pkg/storage/value"
)

// configured is kube-apiserver's own loader: an EncryptionConfiguration file, its transformers, its
// probes and its health check, with nothing of ours between.
type configured struct {
	secrets value.Transformer
	health  func() error
	prefix  []byte
	stop    context.CancelFunc
}

// ownConfiguration is loadConfigured of a file made here.
func ownConfiguration(ctx context.Context, socket, name string) (*configured, error) {
	directory, err := os.MkdirTemp("", "kubeclient-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(directory)
	file := filepath.Join(directory, "encryption.yaml")
	text := fmt.Sprintf(`apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - kms: {apiVersion: v2, name: %q, endpoint: %q, timeout: 10s}
      - identity: {}
`, name, "unix://"+socket)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return loadConfigured(ctx, file, name)
}

func loadConfigured(ctx context.Context, file, name string) (*configured, error) {
	ctx, cancel := context.WithCancel(ctx)
	loaded, err := encryptionconfig.LoadEncryptionConfig(ctx, file, false, "kubeclient")
	if err != nil {
		cancel()
		return nil, err
	}
	return &configured{
		secrets: loaded.Transformers[schema.GroupResource{Resource: "secrets"}],
		health: func() error {
			for _, check := range loaded.HealthChecks {
				probe, err := http.NewRequestWithContext(ctx, http.MethodGet, "/healthz", nil)
				if err != nil {
					return err
				}
				if err := check.Check(probe); err != nil {
					return err
				}
			}
			return nil
		},
		prefix: []byte("k8s:enc:kms:v2:" + name + ":"),
		stop:   cancel,
	}, nil
}

// checkConfigured starts an API server from a file, writes one value, and reads it and each of older
// with what LoadEncryptionConfig made. It returns the value written, with its prefix.
func checkConfigured(ctx context.Context, r *recorder, socket, name string, number int,
	older []object, wantStale bool) []object {
	server, err := ownConfiguration(ctx, socket, name)
	if err != nil {
		r.fail("EncryptionConfiguration: %v", err)
		return nil
	}
	defer server.stop()
	if err := waitHealthy(ctx, server.health); err != nil {
		r.fail("EncryptionConfiguration: health check: %v", err)
		return nil
	}
	written := object{number: number}
	written.stored, err = server.secrets.TransformToStorage(ctx, content(number), written.dataContext())
	if err != nil {
		r.fail("EncryptionConfiguration: write: %v", err)
		return nil
	}
	if !bytes.HasPrefix(written.stored, server.prefix) {
		r.fail("EncryptionConfiguration: the stored value lacks the provider's prefix")
	}
	r.wrote()
	check := func(o object, want bool) {
		plain, stale, err := server.secrets.TransformFromStorage(ctx, o.stored, o.dataContext())
		if err != nil {
			r.fail("EncryptionConfiguration: read %d: %v", o.number, err)
			return
		}
		r.read()
		if !bytes.Equal(plain, content(o.number)) || stale != want {
			r.fail("EncryptionConfiguration: read %d: another content, or stale is %v", o.number, stale)
		}
	}
	check(written, false)
	for _, o := range older {
		check(o, wantStale)
	}
	return []object{written}
}

// waitHealthy gives the loader's own first probe the time that it takes for itself: a failed result is
// kept for 3 s there.
func waitHealthy(ctx context.Context, health func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		err := health()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}
