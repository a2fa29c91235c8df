// Package judge asks a real kube-apiserver what it makes of an EncryptionConfiguration.
package judge

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// What a start prints that got past the configuration, and one that did not. No etcd answers it, so it
// would end later anyway.
const (
	pastConfiguration = "mutating admission controller(s) successfully"
	// From Kubernetes 1.36 on it misses etcd before it speaks of admission: for its lease, which it
	// makes ready with the configuration read (pkg/controlplane/reconcilers/lease.go). 1.37 says so in more words.
	missesEtcd         = `"command failed" err="error creating storage factory: `
	notAnswered        = `context deadline exceeded"`
	commandFailed      = `"command failed" err=`
	longestStart       = 2 * time.Minute
	serviceAccountFile = "sa.key"
)

// refusals begin the errors of LoadEncryptionConfig; any other end of a start is nobody's verdict.
var refusals = []string{"error while parsing file:", "error while building transformers:"}

// accepts starts program with this file until it has read its configuration. gates: --feature-gates.
func accepts(ctx context.Context, program, directory, file, gates string) (bool, error) {
	port, err := freePort()
	if err != nil {
		return false, err
	}
	key := filepath.Join(directory, serviceAccountFile)
	if err := writeKey(key); err != nil {
		return false, err
	}
	arguments := []string{
		"--etcd-servers=http://127.0.0.1:1", "--cert-dir=" + directory, "--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", port),
		"--service-account-issuer=https://issuer.example", "--service-account-key-file=" + key,
		"--service-account-signing-key-file=" + key, "--authorization-mode=RBAC",
		"--encryption-provider-config=" + file,
	}
	if gates != "" {
		arguments = append(arguments, "--feature-gates="+gates)
	}
	ctx, cancel := context.WithTimeout(ctx, longestStart)
	defer cancel()
	command := exec.CommandContext(ctx, program, arguments...)
	log, err := command.StderrPipe()
	if err != nil {
		return false, err
	}
	if err := command.Start(); err != nil {
		return false, err
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	return readVerdict(bufio.NewScanner(log))
}

func readVerdict(lines *bufio.Scanner) (bool, error) {
	last := ""
	for lines.Scan() {
		last = lines.Text()
		if strings.Contains(last, pastConfiguration) ||
			strings.Contains(last, missesEtcd) && strings.HasSuffix(last, notAnswered) {
			return true, nil
		}
		_, failure, failed := strings.Cut(last, commandFailed)
		if !failed {
			continue
		}
		for _, refusal := range refusals {
			if strings.HasPrefix(strings.TrimLeft(failure, "\"\t\n <"), refusal) {
				return false, nil
			}
		}
		// An error of several lines follows on its own.
		for lines.Scan() {
			for _, refusal := range refusals {
				if strings.HasPrefix(strings.TrimSpace(lines.Text()), refusal) {
					return false, nil
				}
			}
		}
		break
	}
	return false, fmt.Errorf("no verdict; the last line was %q", last)
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func writeKey(path string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	block := pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return os.WriteFile(path, pem.EncodeToMemory(&block), 0o600)
}
