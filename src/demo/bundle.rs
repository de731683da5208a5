//! The platform's bundle as it stands in the repository, carried inside the program so that the demo needs no other file.

use std::{fs, io, path::Path};

/// Names the files once and embeds them.
macro_rules! embedded {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../config/platform/shandong/", $name)))),*]
    };
}

/// Every file of the bundle.
const FILES: &[(&str, &str)] = embedded![
    "bundle.toml",
    "case_close.xsd",
    "case_filing.xsd",
    "common.xsd",
    "dangri-document.xsd",
    "hearing_notice.xsd",
    "id-kinds.csv",
    "industries.csv",
    "inquiry_record.xsd",
    "insp_plan.xsd",
    "insp_record.xsd",
    "number-words.csv",
    "onsite_measure.xsd",
    "penalty-common.xsd",
    "penalty-kinds.csv",
    "penalty_notice.xsd",
    "penalty_org.xsd",
    "penalty_person.xsd",
    "preserve_notice.xsd",
    "problem-categories.csv",
    "profile.toml",
    "rectify_order.xsd",
    "rectify_review.xsd",
    "rules.toml",
    "service-methods.csv",
    "service_receipt.xsd",
    "spot_penalty_org.xsd",
    "spot_penalty_person.xsd",
    "towns.csv",
];

/// The name of a 镇办 by its code; the code where there is none.
pub(super) fn town(code: &str) -> &str {
    let list = FILES.iter().find(|(name, _)| *name == "towns.csv").map_or("", |(_, text)| text);
    let mut lines = list.lines().map(|line| line.split(','));
    lines.find_map(|mut cells| if cells.next() == Some(code) { cells.next() } else { None }).unwrap_or(code)
}

/// Writes the bundle into `folder`.
///
/// # Errors
/// When a file cannot be written.
pub fn unpack_profile(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    FILES.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_of_the_bundle_is_left_behind() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/platform/shandong");
        let mut there: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        there.sort();
        let carried: Vec<_> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(carried, there);
    }
}
