#!/usr/bin/env bash
# Passes the tests: installs what they use beyond cargo, then checks form, lints and behaviour. Run on Debian 12 with Rust 1.95 or later.
set -euo pipefail
cd "$(dirname "$0")"

# The tests compare our verdicts with libxml2's (xmllint), cut the power of a disk image (e2fsprogs), count syncs (strace),
# open what is exported with another program (LibreOffice, pdftotext, pdfinfo), and print a page with a browser (Chromium).
need=()
command -v xmllint >/dev/null || need+=(libxml2-utils)
command -v mkfs.ext4 >/dev/null || need+=(e2fsprogs)
command -v soffice >/dev/null || need+=(libreoffice-calc-nogui libreoffice-writer-nogui fonts-wqy-zenhei)
command -v chromium >/dev/null || need+=(chromium)
command -v pdftotext >/dev/null || need+=(poppler-utils)
command -v strace >/dev/null || need+=(strace)
# Mail goes through a real server.
[ -x /usr/sbin/exim4 ] || need+=(exim4-daemon-light)
command -v cc >/dev/null && command -v make >/dev/null || need+=(build-essential)
if ((${#need[@]})); then
    if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq --no-install-recommends "${need[@]}"
fi

cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
cargo test --workspace --locked --no-fail-fast
if command -v cargo-deny >/dev/null; then
    cargo deny --offline check bans licenses sources
fi
