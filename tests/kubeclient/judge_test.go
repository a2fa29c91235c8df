package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Kubernetes' own loader has the verdicts that tests/encryption_configurations says, of every file.
func TestJudgeEncryptionConfigurations(t *testing.T) {
	directory := filepath.Join("..", "encryption_configurations")
	text, err := os.ReadFile(filepath.Join(directory, "verdicts.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := judgeFiles(context.Background(), filepath.Join(directory, "files"), &out); err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		name, verdict, _ := strings.Cut(line, " ")
		verdicts[name] = verdict
	}
	rows := 0
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		columns := strings.Split(line, " | ")
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		if got, _, _ := strings.Cut(verdicts[columns[0]], " "); got != columns[1] {
			t.Errorf("%s: %s, the table says %s", columns[0], verdicts[columns[0]], columns[1])
		}
	}
	if rows < 100 || rows != len(verdicts) {
		t.Errorf("%d rows for %d files", rows, len(verdicts))
	}
}

func TestJudgingLeavesLaterLoadsTheirTimeout(t *testing.T) {
	if err := judgeFiles(context.Background(), t.TempDir(), io.Discard); err != nil {
		t.Fatal(err)
	}
	code, _, out := runAgainst(t, &fakePlugin{takes: 5 * time.Millisecond}, nil)
	if code != 0 {
		t.Errorf("exit %d: %s", code, out)
	}
}
