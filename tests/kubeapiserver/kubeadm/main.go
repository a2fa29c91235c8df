// kubeadm is kubeadm 1.35.4 itself, for what it makes of kube-apiserver's manifest.
package main

import (
	"k8s.io/kubernetes/cmd/kubeadm/app"
	"k8s.io/kubernetes/cmd/kubeadm/app/util/errors"
)

func main() { errors.HandleError(app.Run()) }
