package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apiserver/pkg/storage/value"
	"k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2"
	kmstypes "k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2/v2"
	kmsservice "k8s.io/kms/pkg/service"
)

// writeDEKSourceMaxTTL is kmsv2PluginWriteDEKSourceMaxTTL of kube-apiserver: how long a seed may be
// used for writes after the last good Status.
const writeDEKSourceMaxTTL = 3 * time.Minute

// errKeyIDMismatch: Encrypt named another key than the Status before it. kube-apiserver drops such a
// seed and asks again; it is only legitimate at the moment of a rotation.
var errKeyIDMismatch = errors.New("the key_id of Encrypt is not the key_id of Status")

// apiServer keeps the write state of one kube-apiserver, by the rules of kmsv2PluginProbe in
// k8s.io/apiserver/pkg/server/options/encryptionconfig (unexported there, and paced by a minute).
// probe() is for one goroutine; the transformers may be used by many.
type apiServer struct {
	name    string
	id      string
	service kmsservice.Service
	state   atomic.Pointer[kmsv2.State]
	version string
	value   value.Transformer
}

func newAPIServer(service kmsservice.Service, name, id string) *apiServer {
	s := &apiServer{name: name, id: id, service: service}
	s.state.Store(&kmsv2.State{KMSProviderName: name})
	s.value = s.restarted()
	return s
}

// restarted is a transformer with an empty DEK cache, as after a restart: its reads reach the plugin.
func (s *apiServer) restarted() value.Transformer {
	return kmsv2.NewEnvelopeTransformer(s.service, s.name, s.currentState, s.id)
}

// probe asks for the Status, judges it and renews the seed when the key_id is another one.
func (s *apiServer) probe(ctx context.Context) error {
	status, err := s.service.Status(ctx)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	if status.Healthz != "ok" {
		return fmt.Errorf("status: healthz is %q", status.Healthz)
	}
	if status.Version != kmsv2.KMSAPIVersionv2 {
		return fmt.Errorf("status: version is %q", status.Version)
	}
	if s.version == "" {
		s.version = status.Version
	}
	if s.version != status.Version {
		return fmt.Errorf("status: version changed to %q", status.Version)
	}
	if _, err := kmsv2.ValidateKeyID(status.KeyID); err != nil {
		return fmt.Errorf("status: %w", err)
	}
	return s.rotateDEKOnKeyIDChange(ctx, status.KeyID)
}

func (s *apiServer) rotateDEKOnKeyIDChange(ctx context.Context, statusKeyID string) error {
	state, stateErr := s.currentState()
	// Taken before the call: the limit is an upper bound.
	expires := kmsv2.GetNowFunc(s.name)().Add(writeDEKSourceMaxTTL)
	if stateErr == nil && state.EncryptedObjectKeyID == statusKeyID {
		state.ExpirationTimestamp = expires
		s.state.Store(&state)
		return nil
	}
	uid := string(uuid.NewUUID())
	transformer, object, cacheKey, err := kmsv2.GenerateTransformer(ctx, uid, s.service, true)
	if err != nil {
		return err
	}
	if object.KeyID != statusKeyID {
		return errKeyIDMismatch
	}
	s.state.Store(&kmsv2.State{
		Transformer:                           transformer,
		EncryptedObjectKeyID:                  object.KeyID,
		EncryptedObjectEncryptedDEKSource:     object.EncryptedDEKSource,
		EncryptedObjectAnnotations:            object.Annotations,
		EncryptedObjectEncryptedDEKSourceType: object.EncryptedDEKSourceType,
		UID:                                   uid,
		ExpirationTimestamp:                   expires,
		CacheKey:                              cacheKey,
		KMSProviderName:                       s.name,
	})
	_, err = s.currentState()
	return err
}

func (s *apiServer) currentState() (kmsv2.State, error) {
	state := *s.state.Load()
	if state.Transformer == nil {
		return kmsv2.State{}, errors.New("no seed yet")
	}
	if err := kmsv2.ValidateEncryptedObject(&kmstypes.EncryptedObject{
		KeyID:                  state.EncryptedObjectKeyID,
		EncryptedDEKSource:     state.EncryptedObjectEncryptedDEKSource,
		Annotations:            state.EncryptedObjectAnnotations,
		EncryptedDEKSourceType: state.EncryptedObjectEncryptedDEKSourceType,
		EncryptedData:          []byte{0}, // any non-empty value passes
	}); err != nil {
		return kmsv2.State{}, fmt.Errorf("invalid EncryptedObject: %w", err)
	}
	if state.ExpirationTimestamp.IsZero() || len(state.CacheKey) == 0 {
		return kmsv2.State{}, errors.New("no expiration or cache key")
	}
	return state, nil
}

// keyID of the current seed, empty when there is none.
func (s *apiServer) keyID() string {
	return s.state.Load().EncryptedObjectKeyID
}
