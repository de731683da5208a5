#!/usr/bin/env bash
# Shows dangri at work: installs the compiler if it is missing, builds, and plays a made-up week. Takes the options of `dangri demo`, such as --keep.
source "$(dirname "$0")/setup.sh"
installs
exec cargo run --release --locked -- demo "$@"
