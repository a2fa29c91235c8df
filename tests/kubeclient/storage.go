package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"
	"k8s.io/apiserver/pkg/storage/value"
	kmstypes "k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2/v2"
)

// coldReadEvery: a reader starts over with an empty cache after this many values, so that reads keep
// reaching the plugin instead of the API server's own cache.
const coldReadEvery = 16

// object is one value as etcd would hold it.
type object struct {
	number int
	stored []byte
	keyID  string // of the seed that wrote it
}

func (o object) dataContext() value.Context {
	return value.DefaultContext(fmt.Sprintf("/registry/secrets/default/object-%06d", o.number))
}

// content is a value's plaintext: 1 to 4096 bytes, decided by its number alone.
func content(number int) []byte {
	var seed [8]byte
	binary.BigEndian.PutUint64(seed[:], uint64(number))
	block := sha256.Sum256(seed[:])
	length := 1 + int(binary.BigEndian.Uint16(block[:2]))%4096
	out := make([]byte, 0, length+len(block))
	for len(out) < length {
		out = append(out, block[:]...)
		block = sha256.Sum256(block[:])
	}
	return out[:length]
}

// inParallel calls work(0..count-1) from at most parallel goroutines.
func inParallel(count, parallel int, work func(index int)) {
	var group sync.WaitGroup
	next := make(chan int)
	for range min(max(parallel, 1), max(count, 1)) {
		group.Add(1)
		go func() {
			defer group.Done()
			for index := range next {
				work(index)
			}
		}()
	}
	for index := range count {
		next <- index
	}
	close(next)
	group.Wait()
}

// write stores the value with this number through the API server and checks the stored proto.
func write(ctx context.Context, r *recorder, server *apiServer, number int) object {
	o := object{number: number, keyID: server.keyID()}
	stored, err := server.value.TransformToStorage(ctx, content(number), o.dataContext())
	if err != nil {
		r.fail("write %d: %v", number, err)
		return o
	}
	var proto3 kmstypes.EncryptedObject
	if err := proto.Unmarshal(stored, &proto3); err != nil {
		r.fail("write %d: not an EncryptedObject: %v", number, err)
		return o
	}
	if proto3.KeyID != o.keyID {
		r.fail("write %d: stored under another key_id than Status had when its seed was made", number)
		return o
	}
	if proto3.EncryptedDEKSourceType !=
		kmstypes.EncryptedDEKSourceType_HKDF_SHA256_XNONCE_AES_GCM_SEED {
		r.fail("write %d: not written with a seed", number)
		return o
	}
	o.stored = stored
	r.sawKeyID(o.keyID)
	r.wrote()
	return o
}

// readAll reads every object with API servers that have just started, compares the content, and
// returns how many were stale. wantStale says what each must be.
func readAll(ctx context.Context, r *recorder, server *apiServer, objects []object, parallel int,
	wantStale func(object) bool) int {
	var mu sync.Mutex
	stale := 0
	chunks := (len(objects) + coldReadEvery - 1) / coldReadEvery
	inParallel(chunks, parallel, func(chunk int) {
		reader := server.restarted()
		end := min((chunk+1)*coldReadEvery, len(objects))
		for _, o := range objects[chunk*coldReadEvery : end] {
			if o.stored == nil {
				continue // its write has failed and is counted
			}
			plain, isStale, err := reader.TransformFromStorage(ctx, o.stored, o.dataContext())
			if err != nil {
				r.fail("read %d: %v", o.number, err)
				continue
			}
			r.read()
			if !bytes.Equal(plain, content(o.number)) {
				r.fail("read %d: the content is another", o.number)
			}
			if isStale {
				mu.Lock()
				stale++
				mu.Unlock()
			}
			if isStale != wantStale(o) {
				r.fail("read %d: stale is %v", o.number, isStale)
			}
		}
	})
	return stale
}
