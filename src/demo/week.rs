//! The plan: which drafts come on which evening, what goes wrong, and who mends what.

use chrono::{Duration, NaiveDate, NaiveTime};
use dangri_mocks::{
    Action, Endpoint, ErrorItem, Rule,
    drafts::{Draft, Week},
};

use crate::document::Timestamp;

/// The seed of everything that is drawn by lot; the same week on every machine.
pub(super) const SEED: u64 = 20_230_410;

/// How many drafts the week has.
const DRAFTS: usize = 60;

/// How long an evening's drafts keep coming.
const ARRIVING: Duration = Duration::minutes(58);

/// Every so manieth unfit draft is left as it is, for a person to look at.
const LEFT_ALONE: usize = 3;

/// What the platform says of the document that it returns.
pub(super) const RETURNED: &str = "现场检查情况没有写明检查方式，请补充后重新报送";

/// How the author mends that.
const ADDED: &str = "本次检查采取查看现场、查阅资料、询问有关人员的方式。";

/// A draft with what becomes of it.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    /// The path below the watched folder.
    pub path: String,
    /// When it is put there.
    pub at: Timestamp,
    /// What is put there.
    pub draft: Draft,
    /// What its author puts there once it came back; `None` leaves it to the onlooker.
    pub mended: Option<Vec<u8>>,
}

impl Planned {
    /// The inspection group that it comes from.
    pub(super) fn group(&self) -> &'static str {
        group(&self.draft)
    }
}

fn group(draft: &Draft) -> &'static str {
    ["第一组", "第二组", "第三组"][usize::from(draft.group.clamp(1, 3)) - 1]
}

/// When the platform cannot be reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outage {
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// One evening.
#[derive(Debug)]
pub(super) struct Evening {
    /// The day.
    pub day: NaiveDate,
    /// When the groups come back.
    pub at: Timestamp,
    /// What there is to see.
    pub caption: &'static str,
    /// What comes.
    pub drafts: Vec<Planned>,
    /// What goes wrong.
    pub outage: Option<Outage>,
}

/// The week and what the platform is told to do in it.
#[derive(Debug)]
pub(super) struct Plan {
    /// The evenings, earliest first.
    pub evenings: Vec<Evening>,
    /// The platform's temper.
    pub rules: Vec<Rule>,
}

const CAPTIONS: [&str; 5] = [
    "平常的一晚：草稿进文件夹，检查、上传、录入，一路自动",
    "有一件发出去没有回音：先问平台，不盲目重发",
    "平台中断两小时：先预报、先告警，恢复后赶在截止前补完",
    "平台退回一件：原因写在草稿旁，改好保存就自动重报",
    "最后一晚：改好的自动录入，没改的留着说明等人",
];

/// The evening whose answer is lost, that of the outage, and that of the returned document.
const LOST: usize = 1;
const DOWN: usize = 2;
const BACK: usize = 3;

impl Plan {
    /// The week of 10 April 2023, in the campaign. Real delays are `speed` times as short, so that they stay what they are beside the clock.
    pub(super) fn new(speed: u32) -> Self {
        let monday = NaiveDate::from_ymd_opt(2023, 4, 10).unwrap_or_default();
        let by = NaiveTime::from_hms_opt(17, 40, 0).unwrap_or_default();
        let drafts = Week::new(SEED, monday).drafts_total(DRAFTS).finished_by(by).drafts();
        let mut evenings: Vec<Evening> = Vec::new();
        let mut unfit = 0;
        for draft in drafts {
            if evenings.last().is_none_or(|evening| evening.day != draft.date) {
                evenings.push(Evening::of(draft.date, evenings.len()));
            }
            let Some(evening) = evenings.last_mut() else { continue };
            let mut mended = draft.mended.clone();
            if !draft.fit {
                unfit += 1;
                mended = mended.filter(|_| unfit % LEFT_ALONE != 0);
            }
            let path = format!("{}/{}/{}", group(&draft), draft.date.format("%-m月%-d日"), draft.file_name);
            evening.drafts.push(Planned { path, at: evening.at, draft, mended });
        }
        for evening in &mut evenings {
            evening.spread();
        }
        let mut plan = Self { evenings, rules: vec![slow(speed, Endpoint::Put, 0.12, 350), slow(speed, Endpoint::Results, 0.1, 200)] };
        plan.lose_an_answer();
        plan.return_one();
        plan
    }

    /// How many drafts there are.
    pub(super) fn total(&self) -> usize {
        self.evenings.iter().map(|evening| evening.drafts.len()).sum()
    }

    /// Every draft.
    pub(super) fn drafts(&self) -> impl Iterator<Item = &Planned> {
        self.evenings.iter().flat_map(|evening| &evening.drafts)
    }

    /// The day on which the platform goes away.
    pub(super) fn outage_day(&self) -> Option<NaiveDate> {
        self.evenings.iter().find(|evening| evening.outage.is_some()).map(|evening| evening.day)
    }

    fn record_of(&mut self, evening: usize) -> Option<&mut Planned> {
        self.evenings.get_mut(evening)?.drafts.iter_mut().find(|planned| planned.draft.fit && planned.draft.kind == "insp_record")
    }

    fn lose_an_answer(&mut self) {
        if let Some(number) = self.record_of(LOST).and_then(|planned| planned.draft.number.clone()) {
            self.rules.push(Rule::new(Endpoint::Put, Action::CommitThenDrop { reset: false }).numbered(number));
        }
    }

    fn return_one(&mut self) {
        let Some(planned) = self.record_of(BACK) else { return };
        let Ok(text) = std::str::from_utf8(&planned.draft.bytes) else { return };
        planned.mended = Some(text.replacen("</Situation>", &format!("{ADDED}</Situation>"), 1).into_bytes());
        let Some(number) = planned.draft.number.clone() else { return };
        let error = ErrorItem::new("E2107", RETURNED).at("/d:InspectionRecord/d:Situation", 1);
        self.rules.push(Rule::new(Endpoint::Put, Action::ReturnLater { errors: vec![error] }).numbered(number));
    }
}

/// Slow now and then.
fn slow(speed: u32, on: Endpoint, share: f64, ms: u64) -> Rule {
    Rule::new(on, Action::Delay { ms: ms / u64::from(speed.max(1)) }).rate(share, SEED)
}

impl Evening {
    fn of(day: NaiveDate, nth: usize) -> Self {
        let clock = |hours, minutes| Timestamp::start_of(day).plus(Duration::hours(hours) + Duration::minutes(minutes));
        // On the evening of the outage the groups come back late, and just before everything is sent the platform goes away.
        let (at, outage) =
            if nth == DOWN { (clock(20, 10), Some(Outage { from: clock(20, 42), until: clock(22, 52) })) } else { (clock(18, 0), None) };
        Self { day, at, caption: CAPTIONS.get(nth).copied().unwrap_or_default(), drafts: Vec::new(), outage }
    }

    /// Spreads the drafts over the first hour, in the order of their saving.
    fn spread(&mut self) {
        let count = i32::try_from(self.drafts.len()).unwrap_or(i32::MAX).max(1);
        for (nth, planned) in (0..).zip(&mut self.drafts) {
            planned.at = self.at.plus(Duration::minutes(2) + ARRIVING * nth / count);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_week_has_sixty_drafts_on_five_evenings_with_all_that_is_promised() {
        let plan = Plan::new(1);
        assert_eq!((plan.total(), plan.evenings.len()), (60, 5));
        assert_eq!(plan.drafts().map(|planned| &planned.path).collect::<BTreeSet<_>>().len(), 60);
        for evening in &plan.evenings {
            assert!((7..=16).contains(&evening.drafts.len()), "{}: {}", evening.day, evening.drafts.len());
        }
        let unfit: Vec<_> = plan.drafts().filter(|planned| !planned.draft.fit).collect();
        let left = unfit.iter().filter(|planned| planned.mended.is_none()).count();
        assert_eq!((unfit.len(), left), (9, 3));
        let returned: Vec<_> = plan.drafts().filter(|planned| planned.draft.fit && planned.mended.is_some()).collect();
        assert_eq!(returned.len(), 1);
        assert_ne!(returned[0].mended.as_ref(), Some(&returned[0].draft.bytes));
        assert_eq!(plan.rules.len(), 4);
    }
}
