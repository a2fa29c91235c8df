package main

import (
	"bytes"
	"context"
)

// checkLoaded starts an API server from somebody else's EncryptionConfiguration, writes one Secret as
// that file says, and reads it. wantPlain: the file is of the phase in which nothing is encrypted yet.
func checkLoaded(ctx context.Context, r *recorder, o options) {
	server, err := loadConfigured(ctx, o.load, o.name)
	if err != nil {
		r.fail("EncryptionConfiguration: %v", err)
		return
	}
	defer server.stop()
	if err := waitHealthy(ctx, server.health); err != nil {
		r.fail("EncryptionConfiguration: health check: %v", err)
		return
	}
	if server.secrets == nil {
		r.fail("EncryptionConfiguration: it says nothing of Secrets")
		return
	}
	written := object{number: 1}
	written.stored, err = server.secrets.TransformToStorage(ctx, content(1), written.dataContext())
	if err != nil {
		r.fail("write: %v", err)
		return
	}
	r.wrote()
	switch {
	case bytes.HasPrefix(written.stored, server.prefix):
		if o.wantPlain {
			r.fail("write: encrypted")
		}
	case !o.wantPlain:
		r.fail("write: not encrypted by this provider")
	case !bytes.Equal(written.stored, content(1)):
		r.fail("write: neither encrypted nor the content itself")
	}
	plain, stale, err := server.secrets.TransformFromStorage(ctx, written.stored, written.dataContext())
	if err != nil {
		r.fail("read: %v", err)
		return
	}
	r.read()
	if !bytes.Equal(plain, content(1)) || stale {
		r.fail("read: another content, or stale is %v", stale)
	}
}
