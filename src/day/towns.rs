//! The district's 镇办, as they are written in full and as people write them.

/// The district's 镇办 by their full names, in the order of the platform's list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Towns(pub Vec<String>);

impl Towns {
    /// Those of a code list: CSV with a heading, code and name first.
    pub fn of_list(csv: &str) -> Self {
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let names = reader.records().filter_map(|record| Some(record.ok()?.get(1)?.trim().to_owned()));
        Self(names.filter(|name| !name.is_empty()).collect())
    }

    /// The full name of the one that `text` speaks of: `般阳路街道办事处安环办`, `罗村`, `开发区安环部`; `None` when none is named.
    pub fn named(&self, text: &str) -> Option<&str> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let whole = self.0.iter().find(|town| text.contains(town.as_str()));
        let stem = |town: &&String| {
            let stem = town.strip_suffix("街道").or_else(|| town.strip_suffix('镇')).or_else(|| town.strip_suffix('乡')).unwrap_or(town);
            stem.chars().count() >= 2 && text.contains(stem)
        };
        whole.or_else(|| self.0.iter().find(stem)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_town_is_known_by_its_full_name_its_stem_and_its_office() {
        let towns = Towns(["般阳路街道", "昆仑镇", "罗村镇", "开发区"].map(str::to_owned).to_vec());
        for (text, town) in [
            ("般阳路街道办事处安环办", Some("般阳路街道")),
            ("般阳路 办事处", Some("般阳路街道")),
            ("罗村", Some("罗村镇")),
            ("开发区安环部副部长", Some("开发区")),
            ("执法大队", None),
            ("", None),
        ] {
            assert_eq!(towns.named(text), town, "{text}");
        }
    }
}
