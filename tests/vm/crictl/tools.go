//go:build tools

// Package crictl pins the command that the tests of containerd use.
package crictl

import _ "sigs.k8s.io/cri-tools/cmd/crictl"
