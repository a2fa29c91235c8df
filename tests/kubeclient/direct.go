package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2"
	kmstypes "k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2/v2"
	kmsservice "k8s.io/kms/pkg/service"
)

// largestPlaintext whose ciphertext fits at a one-digit key version (wire contract).
const largestPlaintext = 731

// keyIDHashAnnotation is one of the annotations that must belong to the key_id of a request.
const keyIDHashAnnotation = "key-id-hash.kms.openbao.org"

// unknownKeyID is well formed and belongs to nobody: 32 zero bytes.
const unknownKeyID = "obk2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// validate is what kube-apiserver demands of an EncryptResponse: key_id and ciphertext not empty and
// at most 1024 bytes, annotation keys fully qualified, annotations at most 32 KiB.
func validate(response *kmsservice.EncryptResponse) error {
	return kmsv2.ValidateEncryptedObject(&kmstypes.EncryptedObject{
		KeyID:                  response.KeyID,
		EncryptedDEKSource:     response.Ciphertext,
		Annotations:            response.Annotations,
		EncryptedData:          []byte{0},
		EncryptedDEKSourceType: kmstypes.EncryptedDEKSourceType_HKDF_SHA256_XNONCE_AES_GCM_SEED,
	})
}

func newUID() string { return string(uuid.NewUUID()) }

func randomBytes(size int) []byte {
	out := make([]byte, size)
	_, _ = rand.Read(out) // never fails; see crypto/rand
	return out
}

// roundTrip encrypts, validates, decrypts and compares; keyID is what Encrypt must name.
func roundTrip(ctx context.Context, service kmsservice.Service, size int,
	keyID string) (*kmsservice.EncryptResponse, error) {
	plain := randomBytes(size)
	sealed, err := service.Encrypt(ctx, newUID(), plain)
	if err != nil {
		return nil, fmt.Errorf("encrypt of %d bytes: %w", size, err)
	}
	if err := validate(sealed); err != nil {
		return nil, fmt.Errorf("encrypt of %d bytes: %w", size, err)
	}
	if sealed.KeyID != keyID {
		return nil, fmt.Errorf("encrypt of %d bytes: %w", size, errKeyIDMismatch)
	}
	if bytes.Contains(sealed.Ciphertext, plain) && size >= 16 {
		return nil, fmt.Errorf("encrypt of %d bytes: the ciphertext holds the plaintext", size)
	}
	opened, err := service.Decrypt(ctx, newUID(), request(sealed))
	if err != nil {
		return nil, fmt.Errorf("decrypt of %d bytes: %w", size, err)
	}
	if !bytes.Equal(opened, plain) {
		return nil, fmt.Errorf("decrypt of %d bytes: the plaintext is another", size)
	}
	return sealed, nil
}

func request(sealed *kmsservice.EncryptResponse) *kmsservice.DecryptRequest {
	return &kmsservice.DecryptRequest{
		Ciphertext:  bytes.Clone(sealed.Ciphertext),
		KeyID:       sealed.KeyID,
		Annotations: maps.Clone(sealed.Annotations),
	}
}

// checkDirect talks to the service without the envelope: answers, limits, refusals, parallel calls.
func checkDirect(ctx context.Context, r *recorder, service kmsservice.Service, parallel, calls int) {
	first, err := service.Status(ctx)
	if err != nil {
		r.fail("status: %v", err)
		return
	}
	if first.Version != "v2" || first.Healthz != "ok" {
		r.fail("status: version is %q, healthz is %q", first.Version, first.Healthz)
		return
	}
	for range 20 {
		again, err := service.Status(ctx)
		if err != nil || *again != *first {
			r.fail("status: not the same twice: %v", err)
			return
		}
	}
	var sealed *kmsservice.EncryptResponse
	for _, size := range []int{1, 32, 33, 255, largestPlaintext} {
		if sealed, err = roundTrip(ctx, service, size, first.KeyID); err != nil {
			r.fail("direct: %v", err)
		}
	}
	if sealed != nil {
		checkRefusals(ctx, r, service, sealed)
	}
	inParallel(calls, parallel, func(int) {
		if _, err := roundTrip(ctx, service, 32, first.KeyID); err != nil {
			r.fail("direct, in parallel: %v", err)
		}
	})
	checkDistinct(ctx, r, service)
}

// checkDistinct: the same plaintext never gives the same ciphertext.
func checkDistinct(ctx context.Context, r *recorder, service kmsservice.Service) {
	plain := randomBytes(32)
	var mu sync.Mutex
	seen := map[string]bool{}
	const times = 32
	inParallel(times, 4, func(int) {
		sealed, err := service.Encrypt(ctx, newUID(), plain)
		if err != nil {
			r.fail("direct: encrypt: %v", err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		seen[string(sealed.Ciphertext)] = true
	})
	if len(seen) != times {
		r.fail("direct: %d ciphertexts of one plaintext are %d different ones", times, len(seen))
	}
}

// checkRefusals spoils a good request in one place at a time.
func checkRefusals(ctx context.Context, r *recorder, service kmsservice.Service,
	sealed *kmsservice.EncryptResponse) {
	for _, test := range []struct {
		name  string
		want  codes.Code
		spoil func(*kmsservice.DecryptRequest)
	}{
		{"empty ciphertext", codes.InvalidArgument,
			func(q *kmsservice.DecryptRequest) { q.Ciphertext = nil }},
		{"ciphertext over the limit", codes.InvalidArgument,
			func(q *kmsservice.DecryptRequest) { q.Ciphertext = bytes.Repeat([]byte("A"), 1024) }},
		{"changed ciphertext", codes.InvalidArgument, func(q *kmsservice.DecryptRequest) {
			at := len(q.Ciphertext) / 2
			q.Ciphertext[at] = map[bool]byte{true: 'B', false: 'A'}[q.Ciphertext[at] == 'A']
		}},
		{"empty key_id", codes.InvalidArgument,
			func(q *kmsservice.DecryptRequest) { q.KeyID = "" }},
		{"malformed key_id", codes.InvalidArgument,
			func(q *kmsservice.DecryptRequest) { q.KeyID = "not-a-key-id" }},
		{"unknown key_id", codes.NotFound,
			func(q *kmsservice.DecryptRequest) { q.KeyID = unknownKeyID }},
		{"no annotations", codes.InvalidArgument,
			func(q *kmsservice.DecryptRequest) { q.Annotations = nil }},
		{"annotation of another key", codes.InvalidArgument, func(q *kmsservice.DecryptRequest) {
			q.Annotations[keyIDHashAnnotation] = bytes.Repeat([]byte("A"), 43)
		}},
		{"annotation key that is no FQDN", codes.InvalidArgument,
			func(q *kmsservice.DecryptRequest) { q.Annotations["No_FQDN"] = []byte("x") }},
	} {
		q := request(sealed)
		test.spoil(q)
		_, err := service.Decrypt(ctx, newUID(), q)
		if got := status.Code(err); got != test.want {
			r.fail("direct: decrypt with %s: %v instead of %v", test.name, got, test.want)
		}
	}
	_, err := service.Encrypt(ctx, newUID(), nil)
	if got := status.Code(err); got != codes.InvalidArgument {
		r.fail("direct: encrypt of nothing: %v instead of %v", got, codes.InvalidArgument)
	}
}
