package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apiserver/pkg/server/options/encryptionconfig"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	kmsservice "k8s.io/kms/pkg/service"
)

// judgeFiles prints for each file of a directory what an API server's start makes of it as its
// EncryptionConfiguration: "<name> accept", "<name> accept-kms-v1" when only the feature gate KMSv1
// makes it accept the file, or "<name> reject" with the reason.
func judgeFiles(ctx context.Context, directory string, out io.Writer) error {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	defer askWithoutWaiting()()
	refused := make([]error, len(entries))
	judgeAll := func(again bool) {
		inParallel(len(entries), 4, func(index int) {
			if !again || refused[index] != nil {
				refused[index] = judgeFile(ctx, filepath.Join(directory, entries[index].Name()))
			}
		})
	}
	judgeAll(false)
	byDefault := append([]error(nil), refused...)
	if err := utilfeature.DefaultMutableFeatureGate.Set("KMSv1=true"); err != nil {
		return err
	}
	judgeAll(true)
	if err := utilfeature.DefaultMutableFeatureGate.Set("KMSv1=false"); err != nil {
		return err
	}
	for index, entry := range entries {
		verdict := "accept"
		switch {
		case refused[index] != nil:
			verdict = fmt.Sprintf("reject %q", refused[index].Error())
		case byDefault[index] != nil:
			verdict = "accept-kms-v1"
		}
		fmt.Fprintln(out, entry.Name(), verdict)
	}
	return nil
}

func judgeFile(ctx context.Context, file string) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer func() {
		if crash := recover(); crash != nil {
			err = fmt.Errorf("kube-apiserver crashes: %v", crash)
		}
	}()
	_, err = encryptionconfig.LoadEncryptionConfig(ctx, file, false, "kubeclient")
	return err
}

// askWithoutWaiting shortens the one Status that a load waits for, as long as the entry's timeout: its
// failure does not refuse the file, and nobody listens. The answer gives later loads their timeout back.
func askWithoutWaiting() func() {
	dial := encryptionconfig.EnvelopeKMSv2ServiceFactory
	encryptionconfig.EnvelopeKMSv2ServiceFactory = func(ctx context.Context, endpoint, name string,
		_ time.Duration) (kmsservice.Service, error) {
		return dial(ctx, endpoint, name, time.Millisecond)
	}
	return func() { encryptionconfig.EnvelopeKMSv2ServiceFactory = dial }
}
