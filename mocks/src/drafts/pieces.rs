//! Drafts by themselves: one document of any kind, and the file it becomes.

use super::calendar;
use super::case::{Against, Case};
use super::enterprises::{Enterprise, Office};
use super::findings::{Disposition, ORG_OFFENCES, PERSON_OFFENCES, SPOT_ORG, SPOT_PERSON};
use super::inspection::Inspection;
use super::parts::{Slot, Written};
use super::penalty::Spot;
use super::people::{GROUPS, Person};
use super::random::Random;
use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime};

/// The sixteen kinds, in legal order: inspection first, then case.
pub const KINDS: [&str; 16] = [
    "insp_plan",
    "insp_record",
    "onsite_measure",
    "rectify_order",
    "rectify_review",
    "case_filing",
    "spot_penalty_org",
    "spot_penalty_person",
    "inquiry_record",
    "preserve_notice",
    "penalty_notice",
    "hearing_notice",
    "penalty_org",
    "penalty_person",
    "service_receipt",
    "case_close",
];

/// A file as it would lie in the folder, with what is known about it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The name that the drafter gave it.
    pub file_name: String,
    /// Code of the kind, such as `insp_record`.
    pub kind: &'static str,
    /// The document's number; none for questioning records.
    pub number: Option<String>,
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// Whether it should be entered as it is.
    pub fit: bool,
    /// What is wrong, in Chinese, if it is not fit.
    pub defect: Option<&'static str>,
    /// The id of the finding that should name the defect (`AMT-5`); `XSD` stands for any of the schema's.
    pub rule: Option<&'static str>,
    /// The bytes after its author has mended the defect.
    pub mended: Option<Vec<u8>>,
    /// Inspection group, 1 to 3.
    pub group: u8,
    /// Header/InspectionId or Header/CaseId.
    pub inspection_id: String,
    /// The document's date.
    pub date: NaiveDate,
    /// When the drafter saved it, Beijing time.
    pub drafted_at: DateTime<FixedOffset>,
}

/// A fit document of `kind` dated `date` (for a case, the last working day up to it); none for an unknown kind.
///
/// Each has an inspection or case of its own. Numbers of different seeds differ, up to 6,187 seeds in a row.
pub fn single(seed: u64, kind: &str, date: NaiveDate) -> Option<Draft> {
    let mut random = Random::new(seed);
    let office = Office::default();
    let nth = random.below(600) as usize;
    let slot = Slot { office: &office, group: 1, seq: serial(seed, kind)?, date };
    let enterprise = Enterprise::invent(&mut random, nth);
    let written = write(&mut random, slot, enterprise, kind)?;
    Some(draft(written, slot, NaiveTime::MIN + Duration::minutes(1010)))
}

/// A serial from 1,001 on that no other kind, neighbouring seed or week has, so that such documents do not pass for one inspection or case.
fn serial(seed: u64, kind: &str) -> Option<u32> {
    let place = KINDS.iter().position(|known| *known == kind)? as u64;
    u32::try_from((seed % 6_187) * 16 + place + 1_001).ok()
}

/// One document of `kind` by itself.
fn write(random: &mut Random, slot: Slot<'_>, enterprise: Enterprise, kind: &str) -> Option<Written> {
    let start = NaiveTime::from_hms_opt(9, random.below(40), 0)?;
    if kind.starts_with("spot_penalty") {
        let id = format!("JC-{}-{:05}", slot.date.format("%Y"), slot.seq);
        return Some(spot(random, slot, enterprise, kind, start, &id).decide(random, slot.office));
    }
    if !matches!(kind, "insp_plan" | "insp_record" | "onsite_measure" | "rectify_order") {
        return after_inspection(random, slot, enterprise, kind);
    }
    let mut visit = Inspection::invent(random, enterprise, slot.date, start, slot.group, slot.seq);
    if kind == "onsite_measure" && !visit.has(Disposition::Measure) {
        visit.findings[0].1 = Disposition::Measure;
    }
    Some(match kind {
        "insp_plan" => visit.plan(random, slot.office),
        "insp_record" => visit.record(random, slot.office),
        "onsite_measure" => visit.measure(random, slot.office),
        _ => visit.order(random, slot.office),
    })
}

/// A penalty on the spot, during the inspection `id`, of the enterprise or of its safety manager.
pub(super) fn spot(random: &mut Random, slot: Slot<'_>, enterprise: Enterprise, kind: &str, at: NaiveTime, id: &str) -> Spot {
    let person =
        (kind == "spot_penalty_person").then(|| Person::invent(random, enterprise.safety_manager.clone(), true, "安全科科长", slot.date));
    Spot {
        inspection_id: id.to_owned(),
        seq: slot.seq,
        date: slot.date,
        at,
        offence: if person.is_some() { SPOT_PERSON } else { SPOT_ORG },
        person,
        enterprise,
        officers: GROUPS[usize::from(slot.group.clamp(1, 3)) - 1].to_vec(),
    }
}

/// A review or a document of a case that goes back to an inspection some weeks earlier.
pub(super) fn after_inspection(random: &mut Random, slot: Slot<'_>, enterprise: Enterprise, kind: &str) -> Option<Written> {
    let office = slot.office;
    if kind == "rectify_review" {
        let start = NaiveTime::from_hms_opt(9, 20, 0)?;
        let mut earlier = Inspection::invent(random, enterprise, calendar::shift(slot.date, -12), start, slot.group, slot.seq);
        earlier.deadline = slot.date;
        return Some(earlier.review(random, office, slot.date));
    }
    let against = if kind == "penalty_person" { Against::Person } else { Against::Enterprise };
    let offence = match kind {
        "penalty_person" => *random.pick(&PERSON_OFFENCES),
        "hearing_notice" => *random.pick(&ORG_OFFENCES[3..]),
        _ => *random.pick(&ORG_OFFENCES),
    };
    let case = Case::with_document_on(random, slot, enterprise, offence, against, kind);
    Some(match kind {
        "case_filing" => case.filing(random, office),
        "inquiry_record" => case.inquiry(random, office),
        "preserve_notice" => case.preserve(random, office),
        "penalty_notice" => case.notice(random, office),
        "hearing_notice" => case.hearing_notice(random, office),
        "penalty_org" | "penalty_person" => case.decide(random, office),
        "service_receipt" => case.receipt(random, office),
        "case_close" => case.close(random, office),
        _ => return None,
    })
}

/// Beijing time.
const BEIJING: FixedOffset = match FixedOffset::east_opt(8 * 3600) {
    Some(offset) => offset,
    None => panic!("eight hours are an offset"),
};

/// Names the file as this or that officer would; saved on the slot's day at `at`.
pub(super) fn draft(written: Written, slot: Slot<'_>, at: NaiveTime) -> Draft {
    let mark = written.number.clone().unwrap_or_else(|| format!("{}-{}", written.thread, written.date.format("%m%d")));
    let file_name = match slot.seq % 3 {
        0 => format!("{mark}.xml"),
        1 => format!("{} {mark}.xml", written.title),
        _ => format!("{}-{}-{mark}.xml", written.date.format("%Y%m%d"), written.title),
    };
    Draft {
        file_name,
        kind: written.kind,
        number: written.number,
        bytes: written.xml.into_bytes(),
        fit: true,
        defect: None,
        rule: None,
        mended: None,
        group: slot.group,
        inspection_id: written.thread,
        date: written.date,
        drafted_at: DateTime::from_naive_utc_and_offset(slot.date.and_time(at) - Duration::hours(8), BEIJING),
    }
}
