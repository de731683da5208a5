//! Amounts: limits, thresholds, figures and 大写 (domain.md §3.4).

use chrono::Days;

use super::{
    ParamKind, Predicate, citation,
    paper::{Notes, Paper, day_of},
    yuan::Yuan,
};
use crate::{
    check::{Node, Tree},
    document::{DocumentNumber, Severity},
};

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::with(
        "AMT-1",
        &[("person_yuan", ParamKind::Count), ("unit_yuan", ParamKind::Count), ("kinds", ParamKind::Texts)],
        spot_limits,
    ),
    Predicate::with("AMT-2", &[("at_most_yuan", ParamKind::Count)], spot_collection),
    Predicate::with("AMT-3", THRESHOLDS, hearing_is_offered),
    Predicate::new("AMT-4", fine_not_above_notice),
    Predicate::new("AMT-5", figures_equal_upper_case),
    Predicate::with("AMT-7", &[("percent", ParamKind::Count), ("days", ParamKind::Count)], overdue_fine),
    Predicate::with("AMT-8", &[("ranges", ParamKind::Tables)], fine_inside_range),
    Predicate::new("AMT-9", kinds_and_amounts_fit),
    Predicate::with("REV-1", THRESHOLDS, legal_review_is_done),
    Predicate::with("REV-2", THRESHOLDS, discussion_is_held),
];

const THRESHOLDS: &[(&str, ParamKind)] = &[("person_yuan", ParamKind::Count), ("unit_yuan", ParamKind::Count)];

/// The rule's figure for persons or for organisations.
fn limit(paper: &Paper<'_>, notes: &Notes<'_>) -> Yuan {
    Yuan::whole(i64::from(notes.count(if paper.against_person() { "person_yuan" } else { "unit_yuan" })))
}

fn kinds<'a>(paper: &Paper<'a>) -> impl Iterator<Item = Node<'a>> {
    paper.node("PenaltyKinds").into_iter().flat_map(|block| block.children_named("PenaltyKind"))
}

fn has_kind(paper: &Paper<'_>, code: &str) -> bool {
    kinds(paper).any(|kind| kind.text() == code)
}

fn kind_name(paper: &Paper<'_>, code: &str) -> String {
    paper.ground.lists.get("penalty_kinds").and_then(|list| list.cell(code, "name")).unwrap_or(code).to_owned()
}

fn spot_limits(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for kind in kinds(paper) {
        if !notes.rule.params.texts("kinds").any(|allowed| allowed == kind.text()) {
            let name = kind_name(paper, kind.text());
            notes.at(&kind).wanted("警告或者罚款").with("detail", format!("“{name}”不能当场处罚")).say();
        }
    }
    let limit = limit(paper, notes);
    if let Some((node, fine)) = paper.money("FineYuan")
        && fine > limit
    {
        let whom = if paper.against_person() { "对个人" } else { "对单位" };
        notes
            .at(&node)
            .wanted(format!("{whom}不超过{}元", limit.figures()))
            .with("detail", format!("{whom}当场罚款{}元，超过了限额", fine.figures()))
            .say();
    }
}

fn spot_collection(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(mode) = paper.node("PaymentMode") else {
        return;
    };
    let Some(collected) = paper.node("SpotCollection") else {
        if mode.text() == "on_spot" {
            notes.at(&mode).value("当场缴纳").wanted("当场收缴理由和罚款收据编号").with("detail", "当场缴纳却没有收缴理由和收据").say();
        }
        return;
    };
    if mode.text() != "on_spot" {
        notes.at(&collected).wanted("不填当场收缴").with("detail", "缴款方式是缴至银行，却填了当场收缴").say();
        return;
    }
    let fine = paper.money("FineYuan").map(|(_, fine)| fine);
    let most = Yuan::whole(i64::from(notes.count("at_most_yuan")));
    if let Some((node, amount)) = paper.money("SpotCollection/AmountYuan")
        && fine.is_some_and(|fine| fine != amount)
    {
        notes.at(&node).wanted(fine.unwrap_or_default().figures()).with("detail", "当场收缴的数额与罚款数额不同").say();
    }
    let Some(reason) = paper.node("SpotCollection/Reason") else {
        return;
    };
    match reason.text() {
        "up_to_100" if fine.is_some_and(|fine| fine > most) => {
            notes
                .at(&reason)
                .value("一百元以下罚款")
                .wanted(format!("不超过{}元，或者改为缴至银行", most.figures()))
                .with("detail", "罚款超过了可以当场收缴的数额")
                .say();
        }
        "remote" if paper.text("SpotCollection/RequestedByParty").is_some_and(|told| told != "true" && told != "1") => {
            notes.at(&reason).value("边远、水上、交通不便地区").wanted("当事人提出").with("detail", "边远地区当场收缴须由当事人提出").say();
        }
        _ => {}
    }
}

/// Why the decision needs a hearing offered, a legal review and a collective discussion; `None` when it does not.
fn weighty(paper: &Paper<'_>, notes: &Notes<'_>) -> Option<String> {
    let limit = limit(paper, notes);
    for (path, what) in [("FineYuan", "罚款"), ("ConfiscatedYuan", "没收")] {
        if let Some((_, amount)) = paper.money(path)
            && amount >= limit
        {
            return Some(format!("{what}{}元，达到{}元", amount.figures(), limit.figures()));
        }
    }
    let list = paper.ground.lists.get("penalty_kinds")?;
    let kind = kinds(paper).find(|kind| list.cell(kind.text(), "hearing") == Some("always"))?;
    Some(format!("处罚种类有“{}”", kind_name(paper, kind.text())))
}

fn hearing_is_offered(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if paper.node("HearingRef").is_some() {
        return;
    }
    if let (Some(reason), Some(node)) = (weighty(paper, notes), paper.node("PenaltyKinds")) {
        let node = paper.node("FineYuan").filter(|_| reason.starts_with("罚款")).unwrap_or(node);
        notes.at(&node).wanted("听证告知书文号和送达日期").with("detail", reason).say();
    }
}

fn legal_review_is_done(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    missing_step(paper, notes, "LegalReview");
}

fn discussion_is_held(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    missing_step(paper, notes, "CollectiveDiscussion");
}

fn missing_step(paper: &Paper<'_>, notes: &mut Notes<'_>, step: &str) {
    if paper.node(step).is_some() {
        return;
    }
    if let (Some(reason), Some(node)) = (weighty(paper, notes), paper.node("PenaltyKinds")) {
        notes.at(&node).with("detail", reason).say();
    }
}

fn fine_not_above_notice(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some((node, fine)) = paper.money("FineYuan") else {
        return;
    };
    let claimed = paper.money("NoticeRef/FineYuan").map(|(_, told)| (told, "告知的罚款数额"));
    let in_the_notice = || {
        let number = paper.text("NoticeRef/Number")?;
        let notice = paper.context.case.iter().find(|other| {
            other.facts.kind.code() == "penalty_notice"
                && other.facts.number.as_deref().is_some_and(|theirs| DocumentNumber::matches(theirs, number))
        })?;
        Some((Yuan::parse(notice.tree.text("FineYuan")?)?, "告知书上的罚款数额"))
    };
    // What the decision claims to have told does not count for more than the notice itself.
    let told = [claimed, in_the_notice()].into_iter().flatten().min_by_key(|(told, _)| *told);
    if let Some((told, where_told)) = told
        && fine > told
    {
        notes
            .at(&node)
            .wanted(format!("不高于{where_told}{}元", told.figures()))
            .with("fine", fine.figures())
            .with("told", told.figures())
            .say();
    }
}

fn figures_equal_upper_case(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    match (paper.money("FineYuan"), paper.node("FineUpper")) {
        (Some((_, fine)), Some(upper)) => match Yuan::parse_upper(upper.text()) {
            Some(read) if read == fine => {}
            Some(read) => {
                let detail = format!("大写是{}元，小写是{}元", read.figures(), fine.figures());
                notes.at(&upper).wanted(fine.upper()).with("detail", detail).say();
            }
            None => notes.at(&upper).wanted(fine.upper()).with("detail", "大写金额读不通").say(),
        },
        (Some((figures, fine)), None) => {
            notes.at(&figures).at_most(Severity::Warning).wanted(fine.upper()).with("detail", "只有小写，没有大写").say();
        }
        (None, Some(upper)) if paper.node("FineYuan").is_none() => {
            let wanted = Yuan::parse_upper(upper.text()).map_or_else(|| "小写金额".to_owned(), Yuan::figures);
            notes.at(&upper).at_most(Severity::Warning).wanted(wanted).with("detail", "只有大写，没有小写").say();
        }
        _ => {}
    }
}

fn overdue_fine(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let percent = notes.count("percent");
    if let Some(node) = paper.node("Payment/OverdueDaily") {
        // The amount reader serves: two decimals at most, and exact.
        if Yuan::parse(node.text()).is_some_and(|daily| daily != Yuan::whole(i64::from(percent))) {
            notes.at(&node).wanted(format!("每日{percent}％")).with("detail", "逾期加处罚款的比例不对").say();
        }
    }
    let Some((node, due)) = paper.money("Execution/DueYuan") else {
        return;
    };
    let decided = paper
        .context
        .case
        .iter()
        .filter(|other| other.facts.kind.code().starts_with("penalty_") && other.facts.kind.code() != "penalty_notice");
    let fine = decided.filter_map(|other| Some((Yuan::parse(other.tree.text("FineYuan")?)?, other))).max_by_key(|(fine, _)| *fine);
    let Some((fine, decision)) = fine else { return };
    let late = days_late(paper, &decision.tree, notes.count("days"));
    // The fine, and from the day after its term on a share of it for each day, as much again at most (arts. 67 and 72). Days of review and
    // of litigation do not count, which only makes it less.
    let share = late.map_or(fine, |late| Yuan::fen(fine.times(i64::from(percent).saturating_mul(late)).in_fen() / 100).min(fine));
    let most = Yuan::fen(fine.in_fen().saturating_add(share.in_fen()));
    if due > most {
        let detail = match late {
            Some(0) => "按期缴清，没有加处罚款".to_owned(),
            Some(late) if share < fine => format!("逾期{late}日，加处罚款算多了"),
            _ => "加处罚款超过了罚款本数".to_owned(),
        };
        notes.at(&node).wanted(format!("不超过{}元", most.figures())).with("detail", detail).say();
    }
}

/// How many days after the term of its decision a fine was paid; `None` where one of the two is not known.
fn days_late(paper: &Paper<'_>, decision: &Tree, days: u32) -> Option<i64> {
    let (_, paid) = paper.day("Execution/PaidDate")?;
    let day = |path: &str| decision.text(path).and_then(day_of);
    let term = match day("Service/PaymentDeadline") {
        Some(term) => term,
        None => paper.ground.calendar.rolled(day("Service/ServedDate")? + Days::new(u64::from(days))).ok()?,
    };
    Some((paid - term).num_days().max(0))
}

fn fine_inside_range(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((node, fine)), Some(basis)) = (paper.money("FineYuan"), paper.node("Basis")) else {
        return;
    };
    let whom = if paper.against_person() { "person" } else { "unit" };
    for cited in basis.children_named("Citation") {
        let (Some(law), Some(article)) = (cited.value("Law"), cited.value("Article").and_then(citation::article)) else {
            continue;
        };
        let range = notes.rule.params.tables("ranges").find(|range| {
            let text = |key: &str| range.get(key).and_then(toml::Value::as_str);
            let party = text("party");
            text("law").is_some_and(|named| citation::law_name(law).ends_with(named))
                && range.get("article").and_then(toml::Value::as_integer) == Some(i64::from(article))
                && (party.is_none() || party == Some(whom))
        });
        let Some(range) = range else {
            continue;
        };
        let bound = |key: &str| range.get(key).and_then(toml::Value::as_integer).map(Yuan::whole);
        let (least, most) = (bound("min").unwrap_or_default(), bound("max"));
        if fine < least || most.is_some_and(|most| fine > most) {
            let wanted = match most {
                Some(most) => format!("{}元至{}元", least.figures(), most.figures()),
                None => format!("{}元以上", least.figures()),
            };
            notes.at(&node).wanted(wanted).with("law", citation::law_name(law)).with("article", citation::written(article)).say();
            return;
        }
    }
}

fn kinds_and_amounts_fit(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(list) = paper.ground.lists.get("penalty_kinds") else {
        return;
    };
    for kind in kinds(paper) {
        let name = kind_name(paper, kind.text());
        if kind.text() == "other" && kind.attr("name").is_none() {
            notes.at(&kind).wanted("处罚名称（name）").with("detail", "其他处罚没有写明名称").say();
        }
        let Some(field) = list.cell(kind.text(), "amount_field").filter(|field| !field.is_empty()) else {
            continue;
        };
        // Notices carry the fine only; licences and confiscations come with the decision.
        let asked = field == "FineYuan" || paper.node("PenaltyText").is_some();
        if asked && paper.node(field).is_none() {
            let what = match field {
                "FineYuan" => "罚款金额",
                "ConfiscatedYuan" => "没收金额",
                _ => "证照名称及编号",
            };
            notes.at(&kind).value(&name).wanted(what).with("detail", format!("处罚种类有“{name}”，却没有{what}")).say();
        }
    }
    if let Some((node, fine)) = paper.money("FineYuan")
        && fine > Yuan::default()
    {
        if !has_kind(paper, "fine") {
            notes.at(&node).wanted("处罚种类“罚款”").with("detail", "有罚款金额，处罚种类里却没有罚款").say();
        }
        let to_bank = paper.node("PenaltyText").is_some() && paper.text("PaymentMode") != Some("on_spot");
        if to_bank && paper.node("Payment").is_none() {
            notes.at(&node).wanted("缴款期限、银行和账号").with("detail", "有罚款，却没有缴款方式").say();
        }
    }
}
