#!/usr/bin/env bash
# Passes the tests: installs what they use beyond cargo, then checks form, lints and behaviour. Run on Debian 12 with Rust 1.95 or later.
source "$(dirname "$0")/setup.sh"

# The tests compare our verdicts with libxml2's (xmllint), cut the power of a disk image (e2fsprogs), count syncs (strace),
# open what is exported with another program (LibreOffice, pdftotext, pdfinfo), print a page with a browser (Chromium), and have the
# service's file judged (systemd).
wants xmllint libxml2-utils
wants mkfs.ext4 e2fsprogs
wants mount mount
wants soffice libreoffice-calc-nogui libreoffice-writer-nogui fonts-wqy-zenhei
wants chromium chromium
wants pdftotext poppler-utils
wants strace strace
wants systemd-analyze systemd
# Mail goes through a real server.
wants /usr/sbin/exim4 exim4-daemon-light
installs

for tool in fmt clippy; do
    cargo "$tool" --version >/dev/null 2>&1 && continue
    component=${tool/fmt/rustfmt}
    command -v rustup >/dev/null || { echo "cargo $tool is missing, and there is no rustup to install $component with" >&2; exit 1; }
    rustup component add "$component"
done

# Root with all that was installed can show everything: there a test that does not show its point fails. DANGRI_TEST_EVERYTHING=0 goes
# without, for a container that may not mount; each test then says what it did not show.
if [ "$(id -u)" = 0 ]; then export DANGRI_TEST_EVERYTHING="${DANGRI_TEST_EVERYTHING-1}"; fi

cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
cargo test --workspace --locked --no-fail-fast

# Licences, sources and banned crates. Advisories need a copy of their database, which is no package.
command -v cargo-deny >/dev/null || cargo install --locked --quiet cargo-deny@0.20.2
cargo fetch --locked --quiet
cargo deny --offline --log-level error check bans licenses sources
