// podcheck FILE: the static pod of a manifest as the kubelet takes it, in JSON, or why it does not.
//
// First a strict decoding: an unknown or a repeated field, which the kubelet would pass over, is an
// error. Then the kubelet's own source of static pods over a directory with this file alone: it
// sets defaults and validates.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-logr/logr/funcr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/config"
	kubetypes "k8s.io/kubernetes/pkg/kubelet/types"
	"sigs.k8s.io/yaml"
)

func asKubeletTakesIt(path string) (*v1.Pod, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := yaml.UnmarshalStrict(text, &v1.Pod{}); err != nil {
		return nil, fmt.Errorf("strict decoding: %w", err)
	}
	manifests, err := os.MkdirTemp("", "podcheck")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(manifests)
	if err := os.WriteFile(filepath.Join(manifests, filepath.Base(path)), text, 0o600); err != nil {
		return nil, err
	}

	// A refused manifest is only in the kubelet's log.
	said := make(chan string, 100)
	log := funcr.New(func(_, message string) { said <- message }, funcr.Options{})
	updates := make(chan any, 1)
	config.NewSourceFile(log, manifests, "node", time.Hour, updates)
	select {
	case update := <-updates:
		if pods := update.(kubetypes.PodUpdate).Pods; len(pods) == 1 {
			return pods[0], nil
		}
	case <-time.After(30 * time.Second):
		return nil, errors.New("the kubelet's source of static pods says nothing")
	}
	// The kubelet's source goes on watching, and may log while this reads.
	messages := []string{}
	for len(said) > 0 {
		messages = append(messages, <-said)
	}
	return nil, fmt.Errorf("the kubelet takes no pod of it: %s", strings.Join(messages, "; "))
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: podcheck FILE")
		os.Exit(2)
	}
	pod, err := asKubeletTakesIt(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "podcheck:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(pod); err != nil {
		fmt.Fprintln(os.Stderr, "podcheck:", err)
		os.Exit(1)
	}
}
