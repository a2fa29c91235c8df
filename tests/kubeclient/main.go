// kubeclient is Kubernetes' own KMS v2 client (k8s.io/apiserver) pointed at one socket: it writes and
// reads values as kube-apiserver does for etcd and checks what kube-apiserver relies on. Human lines and,
// as the last line, one JSON summary on stdout. Exit 0: no failure, 1: failures, 2: usage.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/klog/v2"
)

func parse(args []string, errors io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("kubeclient", flag.ContinueOnError)
	flags.SetOutput(errors)
	flags.StringVar(&o.socket, "socket", "", "absolute path of the plugin's Unix socket (required)")
	flags.StringVar(&o.name, "name", "openbao", "provider name, as in an EncryptionConfiguration")
	flags.IntVar(&o.values, "values", 2000, "values written in each phase")
	flags.IntVar(&o.seeds, "seeds", 32, "API servers, each with its own DEK seed")
	flags.IntVar(&o.parallel, "parallel", 8, "calls at a time")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "limit of one call")
	flags.DurationVar(&o.poll, "poll", 200*time.Millisecond, "interval of Status while waiting")
	flags.DurationVar(&o.waitRotation, "wait-rotation", 0,
		"after phase 1 print READY-FOR-ROTATION and wait this long for a new key_id (0: no rotation)")
	flags.StringVar(&o.markerFile, "rotate-marker-file", "",
		"also write this file when ready for the rotation (implies --wait-rotation 2m)")
	flags.IntVar(&o.printValues, "print-values", 0,
		"check nothing: print this many values as an API server would store them, and end")
	flags.StringVar(&o.load, "load", "",
		"instead of the run: start an API server from this EncryptionConfiguration, write and read a Secret")
	flags.StringVar(&o.judge, "judge", "",
		"instead of the run: say of each file in this directory whether an API server accepts it")
	flags.BoolVar(&o.wantPlain, "want-plain", false, "with --load: the Secret must be stored in plaintext")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.markerFile != "" && o.waitRotation == 0 {
		o.waitRotation = 2 * time.Minute
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.load != "" && !filepath.IsAbs(o.load):
		return o, fmt.Errorf("--load must be an absolute path")
	case o.judge != "":
		return o, nil
	case o.load == "" && (o.wantPlain || !filepath.IsAbs(o.socket)):
		return o, fmt.Errorf("--socket must be an absolute path")
	case o.values < 1 || o.seeds < 1 || o.parallel < 1 || o.values > 1_000_000:
		return o, fmt.Errorf("--values, --seeds and --parallel must be at least 1")
	}
	return o, nil
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubeclient:", err)
		os.Exit(2)
	}
	threshold := "ERROR"
	if o.judge != "" {
		threshold = "FATAL" // no plugin is there to be dialed
	}
	quietLibrary(threshold)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.judge != "" {
		if err := judgeFiles(ctx, o.judge, os.Stdout); err != nil {
			stop()
			fmt.Fprintln(os.Stderr, "kubeclient:", err)
			os.Exit(1)
		}
		return
	}
	if o.printValues > 0 {
		if err := printValues(ctx, o, os.Stdout); err != nil {
			stop()
			fmt.Fprintln(os.Stderr, "kubeclient:", err)
			os.Exit(1)
		}
		return
	}
	if code := report(ctx, o, os.Stdout); code != 0 {
		stop()
		os.Exit(code)
	}
}

// quietLibrary keeps Kubernetes' own log lines to those of a severity and above.
func quietLibrary(threshold string) {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{
		"logtostderr": "false", "alsologtostderr": "false", "stderrthreshold": threshold,
	} {
		_ = flags.Set(name, value) // names of klog's own flags
	}
	klog.SetOutput(io.Discard)
}

// report runs, prints the summary and returns the exit code.
func report(ctx context.Context, o options, out io.Writer) int {
	began := time.Now()
	r := newRecorder(out)
	if o.load != "" {
		checkLoaded(ctx, r, o)
	} else {
		run(ctx, r, o)
	}
	sum := r.result(time.Since(began).Seconds())
	r.say("%d writes, %d reads, %d failures in %.1f s", sum.Writes, sum.Reads, sum.Failures, sum.Seconds)
	line, err := json.Marshal(sum)
	if err != nil {
		return 1
	}
	r.say("%s", line)
	if sum.Failures > 0 {
		return 1
	}
	return 0
}
