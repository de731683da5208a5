//! Writes the sample drafts. Usage: `cargo run -p dangri-mocks --bin write-drafts [folder]`, by default `mocks/drafts`.

use dangri_mocks::drafts;
use std::io::Write;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "mocks/drafts".into());
    let folder = Path::new(&folder);
    let samples = drafts::samples();
    for sample in &samples {
        let path = folder.join(&sample.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &sample.bytes)?;
    }
    writeln!(std::io::stdout(), "{} files below {}", samples.len(), folder.display())
}
