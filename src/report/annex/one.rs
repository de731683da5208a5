//! 附件1 抽调执法人员统计表 (domain.md §4.1): one line for each 镇办 and the development zone, fourteen in all (S-14).
//!
//! It holds names, certificate and mobile numbers: personal data, which goes into the file and nowhere else.

use super::{
    Heading, Made, NotMade, Note,
    form::{Cell, Column, Form},
};
use crate::{
    day::roster::RosterLine,
    store::{Store, StoreError},
};

const TITLE: &str = "抽调执法人员统计表";
/// Where the roster is kept, a line a fact.
const ROSTER: &str = "roster/";

const COLUMNS: [Column; 5] = [
    Column { label: "姓名", width_px: 120 },
    Column { label: "工作单位及职务", width_px: 380 },
    Column { label: "执法证号", width_px: 180 },
    Column { label: "手机号码", width_px: 160 },
    Column { label: "备注", width_px: 180 },
];

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Annex1 {
    /// Each expected unit in the bundle's order, with whom it has named.
    pub units: Vec<(String, Vec<RosterLine>)>,
}

impl Annex1 {
    /// Who was named, for each of `towns`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(store: &dyn Store, towns: Vec<String>) -> Result<Self, StoreError> {
        let facts = store.recall_below(ROSTER).await?;
        // Other things than officers may be kept beside them.
        let officers: Vec<_> = facts.iter().filter_map(|(_, value)| serde_json::from_str::<RosterLine>(value).ok()).collect();
        let of = |town: &String| {
            officers.iter().filter(|o| o.town == *town || (o.town.is_empty() && o.unit.contains(town.as_str()))).cloned().collect()
        };
        Ok(Self { units: towns.into_iter().map(|town| (town.clone(), of(&town))).collect() })
    }

    /// The units that have named nobody.
    pub fn silent(&self) -> Vec<&str> {
        self.units.iter().filter(|(_, officers)| officers.is_empty()).map(|(unit, _)| unit.as_str()).collect()
    }

    /// Who has reported, and who has not.
    pub fn notes(&self) -> Vec<Note> {
        let (all, silent) = (self.units.len(), self.silent());
        let mut notes = vec![Note::well(format!("应报送 {all} 个单位，已报送 {} 个。", all - silent.len()))];
        if !silent.is_empty() {
            notes.push(Note::look(format!("还没有报送的 {} 个：{}。", silent.len(), silent.join("、"))));
        }
        notes
    }

    /// The file.
    ///
    /// # Errors
    /// [`NotMade`], a defect.
    pub fn make(&self, heading: &Heading) -> Result<Made, NotMade> {
        let mut form = Form::new("附件1", "附件1", TITLE, heading, &COLUMNS)?;
        form.header(&COLUMNS, 26.0)?;
        let text = |text: &str| Cell::Middle(text.to_owned());
        for (unit, officers) in &self.units {
            for officer in officers {
                let place = if officer.unit.is_empty() { unit } else { &officer.unit };
                form.row(&[
                    text(&officer.name),
                    Cell::Text(place.clone()),
                    text(&officer.certificate),
                    text(&officer.phone),
                    text(&officer.note),
                ])?;
            }
            if officers.is_empty() {
                form.row(&[text(""), Cell::Text(unit.clone()), text(""), text(""), text("未报送")])?;
            }
        }
        form.below("填表人：                                审核人：")?;
        Ok(Made { file_name: "附件1 抽调执法人员统计表.xlsx".into(), bytes: form.finish()?, notes: self.notes() })
    }
}
