package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"

	"k8s.io/apiserver/pkg/storage/value"
)

// printValues starts an API server from an EncryptionConfiguration and prints what it would store of this
// many secrets: "VALUE <key> <base64>" a line.
func printValues(ctx context.Context, o options, out io.Writer) error {
	server, err := ownConfiguration(ctx, o.socket, o.name)
	if err != nil {
		return err
	}
	defer server.stop()
	if err := waitHealthy(ctx, server.health); err != nil {
		return err
	}
	for number := range o.printValues {
		key := fmt.Sprintf("/registry/secrets/default/object-%06d", number)
		stored, err := server.secrets.TransformToStorage(ctx, content(number), value.DefaultContext(key))
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "VALUE %s %s\n", key, base64.StdEncoding.EncodeToString(stored))
	}
	return nil
}
