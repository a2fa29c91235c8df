package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2"
	kmsservice "k8s.io/kms/pkg/service"
)

// options of one run; see main.go for what each means.
type options struct {
	socket       string
	name         string
	values       int
	seeds        int
	parallel     int
	timeout      time.Duration
	poll         time.Duration
	waitRotation time.Duration // 0: no rotation
	markerFile   string
	printValues  int    // 0: none
	load         string // an EncryptionConfiguration; empty: the whole run
	wantPlain    bool
	judge        string // a directory; empty: none
}

// run is the whole check; what it finds is in the recorder.
func run(ctx context.Context, r *recorder, o options) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	service, err := kmsv2.NewGRPCService(ctx, "unix://"+o.socket, o.name, o.timeout)
	if err != nil {
		r.fail("dial: %v", err)
		return
	}

	r.say("direct: Status, Encrypt and Decrypt without an envelope")
	checkDirect(ctx, r, service, o.parallel, max(o.values/10, 100))
	if r.failures() > 0 {
		return
	}

	r.say("phase 1: %d values with %d seeds, %d in parallel", o.values, o.seeds, o.parallel)
	servers, err := startServers(ctx, service, o)
	if err != nil {
		r.fail("start: %v", err)
		return
	}
	objects := writeAll(ctx, r, servers, 0, o)
	readAll(ctx, r, servers[0], objects, o.parallel, func(object) bool { return false })
	file := checkConfigured(ctx, r, o.socket, o.name, len(objects), nil, false)
	if o.waitRotation == 0 || r.failures() > 0 {
		return
	}
	checkRotation(ctx, r, service, servers, objects, file, o)
}

// checkRotation waits for the key_id to change and follows every value through it.
func checkRotation(ctx context.Context, r *recorder, service kmsservice.Service,
	servers []*apiServer, objects, file []object, o options) {
	old := servers[0].keyID()
	r.say("READY-FOR-ROTATION")
	if o.markerFile != "" {
		if err := os.WriteFile(o.markerFile, []byte("READY-FOR-ROTATION\n"), 0o600); err != nil {
			r.fail("marker file: %v", err)
			return
		}
	}
	fresh, err := awaitKeyID(ctx, service, old, o)
	if err != nil {
		r.fail("rotation: %v", err)
		return
	}

	r.say("phase 2: the key_id has changed; %d more values", o.values)
	for _, server := range servers {
		if err := probeUntilGood(ctx, server, o.poll); err != nil {
			r.fail("rotation: %v", err)
			return
		}
		if server.keyID() != fresh {
			r.fail("rotation: a seed is under another key_id than Status")
			return
		}
	}
	objects = append(objects, writeAll(ctx, r, servers, len(objects)+1, o)...)
	staleBefore := readAll(ctx, r, servers[0], objects, o.parallel,
		func(v object) bool { return v.keyID == old })
	checkConfigured(ctx, r, o.socket, o.name, 2*len(objects), file, true)

	r.say("phase 3: storage migration, every stale value is written again")
	inParallel(len(objects), o.parallel, func(index int) {
		if objects[index].keyID == old {
			objects[index] = write(ctx, r, servers[index%len(servers)], objects[index].number)
		}
	})
	staleAfter := readAll(ctx, r, servers[0], objects, o.parallel, func(object) bool { return false })
	r.stale(staleBefore, staleAfter)
}

// startServers starts one API server a seed: kube-apiserver makes one seed at its start and one at
// each change of the key_id.
func startServers(ctx context.Context, service kmsservice.Service, o options) ([]*apiServer, error) {
	servers := make([]*apiServer, o.seeds)
	failed := make([]error, o.seeds)
	inParallel(o.seeds, o.parallel, func(index int) {
		servers[index] = newAPIServer(service, o.name, fmt.Sprintf("apiserver-%d", index))
		failed[index] = servers[index].probe(ctx)
	})
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	for _, server := range servers {
		if server.keyID() != servers[0].keyID() {
			return nil, errors.New("two key_ids in one phase")
		}
	}
	return servers, nil
}

func writeAll(ctx context.Context, r *recorder, servers []*apiServer, from int, o options) []object {
	objects := make([]object, o.values)
	inParallel(o.values, o.parallel, func(index int) {
		objects[index] = write(ctx, r, servers[index%len(servers)], from+index)
	})
	return objects
}

// awaitKeyID polls Status until it names another key. Status must stay healthy all the time.
func awaitKeyID(ctx context.Context, service kmsservice.Service, old string, o options) (string, error) {
	for deadline := time.Now().Add(o.waitRotation); ; {
		status, err := service.Status(ctx) // bounded by the timeout of one call
		if err != nil {
			return "", err
		}
		if status.Healthz != "ok" {
			return "", fmt.Errorf("healthz is %q while waiting", status.Healthz)
		}
		if status.KeyID != old {
			return status.KeyID, nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("no new key_id within %v", o.waitRotation)
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(o.poll):
		}
	}
}

// probeUntilGood asks again after a key_id mismatch, as kube-apiserver does: at a rotation Status and
// Encrypt may be on its two sides, but only for an instant.
func probeUntilGood(ctx context.Context, server *apiServer, poll time.Duration) error {
	var err error
	for range 3 {
		if err = server.probe(ctx); !errors.Is(err, errKeyIDMismatch) {
			return err
		}
		time.Sleep(poll)
	}
	return err
}
