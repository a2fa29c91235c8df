package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2"
	"k8s.io/klog/v2"
)

func TestMain(m *testing.M) {
	klog.SetOutput(io.Discard)
	klog.LogToStderr(false)
	os.Exit(m.Run())
}

// rotateWhenReady is the harness's part: it sees the line on stdout and rotates the key.
type rotateWhenReady struct {
	bytes.Buffer
	plugin *fakePlugin
}

func (w *rotateWhenReady) Write(text []byte) (int, error) {
	if strings.Contains(string(text), "READY-FOR-ROTATION") {
		w.plugin.rotate()
	}
	return w.Buffer.Write(text)
}

// runAgainst returns the exit code, the summary and the whole output of a small run.
func runAgainst(t *testing.T, plugin *fakePlugin, change func(*options)) (int, summary, string) {
	t.Helper()
	o := options{
		socket: serve(t, plugin), name: strings.ReplaceAll(t.Name(), "/", "-"), values: 60, seeds: 4,
		parallel: 4, timeout: time.Second, poll: 5 * time.Millisecond, waitRotation: 2 * time.Second,
	}
	if change != nil {
		change(&o)
	}
	out := &rotateWhenReady{plugin: plugin}
	code := report(context.Background(), o, out)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var sum summary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
		t.Fatalf("the last line is no JSON summary: %v", err)
	}
	return code, sum, out.String()
}

func TestARotationIsFollowedByEveryValue(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "ready")
	code, sum, out := runAgainst(t, &fakePlugin{}, func(o *options) { o.markerFile = marker })
	if code != 0 || sum.Failures != 0 {
		t.Fatalf("exit %d: %s", code, out)
	}
	// 60 a phase, 60 migrated, one each through the two EncryptionConfigurations.
	if sum.Writes != 60+60+60+2 || sum.Reads != 60+1+120+2+120 {
		t.Errorf("%d writes, %d reads: %s", sum.Writes, sum.Reads, out)
	}
	if sum.StaleBefore != 60 || sum.StaleAfter != 0 {
		t.Errorf("stale %d before, %d after", sum.StaleBefore, sum.StaleAfter)
	}
	want := []string{keyIDOf(1), keyIDOf(2)}
	if want[0] > want[1] {
		want[0], want[1] = want[1], want[0]
	}
	if !reflect.DeepEqual(sum.KeyIDs, want) {
		t.Errorf("key_ids %v", sum.KeyIDs)
	}
	if _, err := os.Stat(marker); err != nil {
		t.Errorf("no marker file: %v", err)
	}
}

func TestWithoutARotationNothingIsStale(t *testing.T) {
	code, sum, out := runAgainst(t, &fakePlugin{}, func(o *options) { o.waitRotation = 0 })
	if code != 0 || sum.StaleBefore != 0 || sum.StaleAfter != 0 || len(sum.KeyIDs) != 1 {
		t.Fatalf("exit %d: %s", code, out)
	}
	if strings.Contains(out, "READY-FOR-ROTATION") {
		t.Error("asks for a rotation that nobody waits for")
	}
}

func TestEachBrokenRuleIsAFailure(t *testing.T) {
	for name, test := range map[string]struct {
		broken faults
		says   string
	}{
		"unhealthy":            {faults{unhealthy: true}, "healthz"},
		"other key in Encrypt": {faults{otherKeyInEncrypt: true}, "key_id of Encrypt"},
		"long key_id":          {faults{longKeyID: true}, "keyID is 1025 bytes"},
		"long ciphertext":      {faults{longCiphertext: true}, "exceeds the max size"},
		"bad annotation":       {faults{badAnnotation: true}, "annotations"},
		"plaintext stored":     {faults{plaintextStored: true}, "holds the plaintext"},
		"same ciphertext":      {faults{sameCiphertext: true}, "different ones"},
		"other plaintext":      {faults{otherPlaintext: true}, "plaintext is another"},
		"forgets old keys":     {faults{forgetsOldKeys: true}, "failed to decrypt DEK"},
		"ignores annotations":  {faults{ignoresAnnotations: true}, "annotation"},
		"ignores key_id":       {faults{ignoresKeyID: true}, "key_id"},
		"never rotates":        {faults{neverRotates: true}, "no new key_id"},
	} {
		t.Run(name, func(t *testing.T) {
			code, sum, out := runAgainst(t, &fakePlugin{faults: test.broken}, func(o *options) {
				o.waitRotation = 200 * time.Millisecond
			})
			if code != 1 || sum.Failures == 0 {
				t.Fatalf("exit %d, %d failures: %s", code, sum.Failures, out)
			}
			if !strings.Contains(out, test.says) {
				t.Errorf("the reason is missing: %s", out)
			}
		})
	}
}

func TestAMissingSocketIsAFailureWithinTheTimeout(t *testing.T) {
	var out bytes.Buffer
	o := options{socket: filepath.Join(t.TempDir(), "none.sock"), name: t.Name(), values: 1, seeds: 1,
		parallel: 1, timeout: 50 * time.Millisecond}
	if code := report(context.Background(), o, &out); code != 1 {
		t.Fatalf("exit %d: %s", code, out.String())
	}
}

func TestAnEncryptionConfigurationIsLoadedAndItsPhaseTold(t *testing.T) {
	const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n" +
		"  - resources: [secrets]\n    providers:\n"
	const identity = "      - identity: {}\n"
	for name, test := range map[string]struct {
		text func(kms string) string
		code int // with --want-plain: the other one
		both bool
	}{
		"writers":       {text: func(kms string) string { return head + kms + identity }, code: 0},
		"readers":       {text: func(kms string) string { return head + identity + kms }, code: 1},
		"unknown field": {text: func(kms string) string { return head + kms + "x: 1\n" }, code: 1, both: true},
	} {
		t.Run(name, func(t *testing.T) {
			provider := strings.ReplaceAll(t.Name(), "/", "-") // Kubernetes keeps one plugin a name
			kms := fmt.Sprintf("      - kms: {apiVersion: v2, name: %q, endpoint: %q}\n", provider,
				"unix://"+serve(t, &fakePlugin{}))
			file := filepath.Join(t.TempDir(), "encryption.yaml")
			if err := os.WriteFile(file, []byte(test.text(kms)), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, plain := range []bool{false, true} {
				want := test.code
				if plain && !test.both {
					want = 1 - want
				}
				var out bytes.Buffer
				o := options{load: file, name: provider, wantPlain: plain}
				if code := report(context.Background(), o, &out); code != want {
					t.Errorf("want-plain %v: exit %d: %s", plain, code, out.String())
				}
			}
		})
	}
}

// The DEK rules of kube-apiserver that keep a cluster reading while its plugin is away.
func TestWritesStopWhenTheSeedExpiresAndReadsGoOn(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	plugin := &fakePlugin{}
	service, err := kmsv2.NewGRPCService(ctx, "unix://"+serve(t, plugin), t.Name(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	server := newAPIServer(service, t.Name(), "id")
	if err := server.probe(ctx); err != nil {
		t.Fatal(err)
	}
	r := newRecorder(io.Discard)
	stored := write(ctx, r, server, 1)
	seed := server.state.Load().EncryptedObjectEncryptedDEKSource
	if err := server.probe(ctx); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(seed, server.state.Load().EncryptedObjectEncryptedDEKSource) {
		t.Error("the seed changed under the same key_id")
	}

	plugin.faults.unhealthy = true
	if err := server.probe(ctx); err == nil {
		t.Error("an unhealthy Status passed")
	}
	defer kmsv2.SetNowFuncForTests(t.Name(), func() time.Time {
		return time.Now().Add(writeDEKSourceMaxTTL + time.Second)
	})()
	if write(ctx, r, server, 2).stored != nil || r.failures() != 1 {
		t.Error("a write with an expired seed passed")
	}
	readAll(ctx, r, server, []object{stored}, 1, func(object) bool { return false })
	if r.failures() != 1 {
		t.Error("a read failed while the plugin was unhealthy")
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"--socket", "kms.sock"}, {"--socket", "/s", "--values", "0"}, {"--socket", "/s", "more"},
		{"--socket", "/s", "--unknown"},
	} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
	o, err := parse([]string{"--socket", "/s", "--rotate-marker-file", "/m"}, io.Discard)
	if err != nil || o.waitRotation != 2*time.Minute {
		t.Errorf("a marker file alone does not wait: %v", err)
	}
}
