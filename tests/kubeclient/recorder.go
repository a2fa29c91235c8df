package main

import (
	"fmt"
	"io"
	"sort"
	"sync"
)

// maxPrintedFailures bounds the output of a run in which everything fails.
const maxPrintedFailures = 20

// summary is the last line of stdout. StaleBefore counts the values that the API server calls stale
// after the key_id changed and before anything was rewritten; StaleAfter those that are still stale
// after every value was rewritten. Both are 0 in a run without a rotation.
type summary struct {
	Writes      int      `json:"writes"`
	Reads       int      `json:"reads"`
	Failures    int      `json:"failures"`
	KeyIDs      []string `json:"keyIds"`
	StaleBefore int      `json:"staleBefore"`
	StaleAfter  int      `json:"staleAfter"`
	Seconds     float64  `json:"seconds"`
}

// recorder collects what a run saw; safe for concurrent use. Failure texts never carry plaintext.
type recorder struct {
	mu     sync.Mutex
	out    io.Writer
	sum    summary
	keyIDs map[string]bool
}

func newRecorder(out io.Writer) *recorder {
	return &recorder{out: out, keyIDs: map[string]bool{}}
}

func (r *recorder) say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, format+"\n", args...)
}

func (r *recorder) fail(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Failures++
	if r.sum.Failures <= maxPrintedFailures {
		fmt.Fprintf(r.out, "FAIL "+format+"\n", args...)
	}
}

func (r *recorder) wrote() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Writes++
}

func (r *recorder) read() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Reads++
}

func (r *recorder) failures() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum.Failures
}

func (r *recorder) sawKeyID(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keyIDs[id] = true
}

func (r *recorder) stale(before, after int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.StaleBefore, r.sum.StaleAfter = before, after
}

func (r *recorder) result(seconds float64) summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.sum
	out.Seconds = seconds
	out.KeyIDs = make([]string, 0, len(r.keyIDs))
	for id := range r.keyIDs {
		out.KeyIDs = append(out.KeyIDs, id)
	}
	sort.Strings(out.KeyIDs)
	return out
}
