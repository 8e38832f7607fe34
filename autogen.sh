#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the configure script from configure.ac; needs autoconf, automake, libtool and pkg-config.
set -eu
cd "$(dirname "$0")"
exec autoreconf --install --force
