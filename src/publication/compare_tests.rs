use super::*;
use crate::publication::Extra;

const ORG: &str = include_str!("../../mocks/drafts/fit/penalty_org.xml");
const ONE: &str = include_str!("../../mocks/drafts/fit/penalty_person.xml");

fn body(text: &str) -> String {
    text.split_once("?>").unwrap().1.to_owned()
}

fn now() -> Timestamp {
    Timestamp::parse("2023-04-15T09:00:00+08:00").unwrap()
}

fn entered() -> Timestamp {
    Timestamp::parse("2023-04-14T16:00:00+08:00").unwrap()
}

fn decision() -> Decision {
    Decision::read(body(ORG).as_bytes()).unwrap()
}

fn wanted(n: u8, decision: Decision) -> Wanted {
    Wanted::new(DocumentId::of_unfit("sample", &ContentHash::of(&[n])), decision, entered())
}

/// The row that publishes `decision` as it should be.
fn row(decision: &Decision) -> Row {
    let mut fields: Vec<(String, String)> =
        decision.columns().iter().map(|c| (c.field.to_owned(), decision.field(c.field))).filter(|(_, value)| !value.is_empty()).collect();
    fields.retain(|(name, _)| name != "CF_XDR_ZJHM");
    fields.insert(1, ("CF_XDR_LB".to_owned(), decision.field("CF_XDR_LB")));
    Row { state: RowState::Published, published_at: Some(entered()), withdrawn_at: None, url: Some("https://x/1".into()), fields }
}

fn with(row: &Row, field: &str, value: &str) -> Row {
    let mut row = row.clone();
    let known = row.fields.iter_mut().find(|(name, _)| name == field);
    known.unwrap_or_else(|| panic!("{field} is not there")).1 = value.to_owned();
    row
}

fn whole() -> Reading {
    Reading::Whole(Some(now()))
}

/// Two readings of the same rows.
fn judged(wanted: Vec<Wanted>, rows: &[Row]) -> (Vec<Verdict>, Vec<Extra>) {
    let mut ledger = Ledger::new(wanted, 2);
    for _ in 0..2 {
        rows.iter().for_each(|row| ledger.take(row, true));
        ledger.end(whole());
    }
    let (verdicts, strays, count) = ledger.close(now());
    assert_eq!(strays.iter().filter(|stray| stray.is_confirmed()).count(), count);
    (verdicts, strays.into_iter().map(|stray| stray.extra).collect())
}

fn outcome(rows: &[Row]) -> Outcome {
    judged(vec![wanted(1, decision())], rows).0[0].outcome
}

fn differing(row: &Row) -> Vec<String> {
    let (verdicts, _) = judged(vec![wanted(1, decision())], std::slice::from_ref(row));
    verdicts[0].sight.as_ref().unwrap().differences.iter().map(|d| d.field.clone()).collect()
}

#[test]
fn a_notice_that_says_what_was_decided_is_matched_in_any_dress() {
    let plain = row(&decision());
    assert_eq!(outcome(std::slice::from_ref(&plain)), Outcome::Matched);
    let mut dressed = with(&plain, "CF_WSH", "(淄)应急罚[2023]第01205号");
    for (field, value) in [
        ("CF_XDR_MC", "淄博盛泉 纺织有限公司"),
        ("CF_NR_FK", "8.000000"),
        ("CF_JDRQ", "2023/4/14"),
        ("CF_XDR_SHXYM", "91370302mar40at52g"),
        ("CF_GSJZQ", "2024-04-14 00:00:00"),
        ("CF_CFJG", "淄川区应急管理局 "),
    ] {
        dressed = with(&dressed, field, value);
    }
    assert_eq!(differing(&dressed), Vec::<String>::new());
    let person = Decision::read(body(ONE).as_bytes()).unwrap();
    let masked = with(&row(&person), "CF_XDR_MC", "赵**");
    assert_eq!(judged(vec![wanted(1, person)], &[masked]).0[0].outcome, Outcome::Matched);
}

#[test]
fn every_field_that_counts_is_told_side_by_side() {
    let plain = row(&decision());
    for (field, value) in [
        ("CF_XDR_MC", "淄博盛泉纺织厂"),
        ("CF_XDR_LB", "个体工商户"),
        ("CF_XDR_SHXYM", "91370302MAR40AT52X"),
        ("CF_CFLB", "警告；罚款"),
        ("CF_NR_FK", "80000"),
        ("CF_NR_FK", "0.8"),
        ("CF_NR_FK", "8.000001"),
        ("CF_JDRQ", "2023-04-15"),
        ("CF_GSJZQ", "2023-04-14"),
        ("CF_CFJG", "张店区应急管理局"),
        ("CF_FRDB", "另一人"),
        ("CF_SY", ""),
    ] {
        assert_eq!(differing(&with(&plain, field, value)), [field], "{value}");
    }
    let (verdicts, _) = judged(vec![wanted(1, decision())], &[with(&plain, "CF_NR_FK", "80000")]);
    let sight = verdicts[0].sight.as_ref().unwrap();
    assert_eq!(sight.differences[0].words(), "罚款金额（万元）：决定书 8（80000元），公示 80000（800000000元）");
    assert!(verdicts[0].outcome == Outcome::Mismatched && verdicts[0].confirmed);
}

#[test]
fn a_number_that_must_not_be_public_is_a_difference_and_is_masked() {
    let mut shown = row(&decision());
    shown.fields.push(("CF_FR_ZJHM".to_owned(), "370302197010184398".to_owned()));
    let (verdicts, _) = judged(vec![wanted(1, decision())], &[shown]);
    let differences = &verdicts[0].sight.as_ref().unwrap().differences;
    assert_eq!((differences.len(), differences[0].theirs.as_str()), (1, "370***********4398"));
}

#[test]
fn a_notice_without_its_number_is_found_by_party_day_and_amount() {
    let plain = row(&decision());
    let renumbered = with(&plain, "CF_WSH", "（淄）应急罚〔2023〕9999号");
    assert_eq!(differing(&renumbered), ["CF_WSH"]);
    // When the number itself turns up as well, the other one is somebody's we do not know.
    let mut both = renumbered.clone();
    both.url = Some("https://x/2".into());
    let (verdicts, extras) = judged(vec![wanted(1, decision())], &[plain, both]);
    assert_eq!((verdicts[0].outcome, extras.len()), (Outcome::Matched, 1));
    assert_eq!(extras[0].number, "（淄）应急罚〔2023〕9999号");
}

#[test]
fn repeated_rows_are_one_notice_and_two_notices_are_a_duplicate() {
    let plain = row(&decision());
    assert_eq!(outcome(&[plain.clone(), plain.clone(), plain.clone()]), Outcome::Matched);
    let mut second = plain.clone();
    second.url = Some("https://x/2".into());
    assert_eq!(outcome(&[plain.clone(), second.clone()]), Outcome::Duplicate);
    // One of the two was taken away already.
    second.state = RowState::Withdrawn;
    assert_eq!(outcome(&[second, plain]), Outcome::Matched);
}

#[test]
fn withdrawn_and_repaired_notices_are_not_missing() {
    let mut ended = row(&decision());
    ended.state = RowState::Withdrawn;
    assert_eq!(outcome(std::slice::from_ref(&ended)), Outcome::Withdrawn);
    ended.state = RowState::Repaired;
    assert_eq!(outcome(&[ended]), Outcome::Repaired);
}

#[test]
fn absence_counts_only_when_the_whole_list_was_read_twice_and_reaches_far_enough() {
    let judge = |readings: &[Reading], at: Timestamp| {
        let mut ledger = Ledger::new(vec![wanted(1, decision())], 2);
        readings.iter().for_each(|reading| ledger.end(reading.clone()));
        let (verdicts, _, _) = ledger.close(at);
        (verdicts[0].outcome, verdicts[0].doubt.clone())
    };
    let broken = Doubt::NotRead("平台答非所问".into());
    assert_eq!(judge(&[whole(), whole()], now()), (Outcome::Missing, None));
    assert_eq!(judge(&[whole()], now()), (Outcome::Unseen, Some(Doubt::CutShort)));
    assert_eq!(judge(&[whole(), Reading::Broken(broken.clone())], now()), (Outcome::Unseen, Some(broken)));
    assert_eq!(judge(&[whole(), Reading::Whole(None)], now()), (Outcome::Unseen, Some(Doubt::NotCompleteTo(None))));
    let early = Reading::Whole(Some(entered()));
    assert_eq!(judge(&[early.clone(), early], now()), (Outcome::Unseen, Some(Doubt::NotCompleteTo(Some(entered())))));
    let before = Timestamp::from_millis(entered().millis() - 1);
    assert_eq!(judge(&[whole(), whole()], before), (Outcome::NotYet, None));
}

#[test]
fn a_row_seen_in_one_of_two_readings_was_seen() {
    let mut ledger = Ledger::new(vec![wanted(1, decision())], 2);
    ledger.end(whole());
    assert!(ledger.wants_another(now()), "the first reading skipped it");
    ledger.take(&row(&decision()), true);
    ledger.end(whole());
    let (verdicts, _, _) = ledger.close(now());
    assert_eq!((verdicts[0].outcome, verdicts[0].confirmed), (Outcome::Matched, false));
}

#[test]
fn a_notice_that_nobody_waits_for_is_looked_at_twice_before_it_is_told_of() {
    let plain = row(&decision());
    let unknown = with(&with(&plain, "CF_WSH", "（淄）应急罚〔2023〕9999号"), "CF_NR_FK", "3");
    let spare = Row { url: Some("https://x/2".into()), ..with(&plain, "CF_WSH", "（淄）应急罚〔2023〕9999号") };
    let broken = || Reading::Broken(Doubt::CutShort);
    for extra in [unknown, spare] {
        for (again, end, confirmed) in [(true, whole(), true), (false, whole(), false), (true, broken(), false)] {
            let mut ledger = Ledger::new(vec![wanted(1, decision())], 2);
            ledger.take(&plain, true);
            assert!(!ledger.has_strays());
            ledger.take(&extra, true);
            ledger.end(whole());
            assert!(ledger.wants_another(now()), "all is matched, and yet");
            ledger.take(&plain, true);
            if again {
                ledger.take(&extra, true);
            }
            ledger.end(end);
            let (verdicts, strays, count) = ledger.close(now());
            assert_eq!(verdicts[0].outcome, Outcome::Matched);
            assert_eq!((strays.len(), strays[0].is_confirmed(), count), (1, confirmed, usize::from(confirmed)));
        }
    }
}

#[test]
fn a_decision_under_a_wrong_day_is_wrong_by_no_more_readings_than_saw_it() {
    let strayed = with(&row(&decision()), "CF_JDRQ", "2023-02-14");
    for (second, confirmed) in [(whole(), true), (Reading::Broken(Doubt::CutShort), false)] {
        // The window of that other day, in which nobody waits for it.
        let mut ledger = Ledger::new(Vec::new(), 2);
        for reading in [whole(), second] {
            ledger.take(&strayed, true);
            ledger.end(reading);
        }
        let (_, strays, _) = ledger.close(now());
        let verdict = strays[0].verdict_on(wanted(1, decision()), now()).unwrap();
        assert_eq!((verdict.outcome, verdict.confirmed), (Outcome::Mismatched, confirmed));
        assert_eq!(verdict.sight.unwrap().differences[0].field, "CF_JDRQ");
    }
}

/// Every value one column to the right, as a careless insert statement does it.
fn shifted(row: &Row) -> Row {
    let mut row = row.clone();
    let mut carried = row.fields.last().unwrap().1.clone();
    row.fields.iter_mut().for_each(|(_, value)| std::mem::swap(value, &mut carried));
    row
}

#[test]
fn shifted_columns_make_nobody_missing() {
    let other = {
        let text = body(ORG).replace("1205号", "1206号").replace("80000", "90000");
        Decision::read(text.as_bytes()).unwrap()
    };
    let (verdicts, extras) = judged(vec![wanted(1, decision()), wanted(2, other.clone())], &[shifted(&row(&decision()))]);
    assert_eq!((verdicts[0].outcome, verdicts[0].doubt.clone()), (Outcome::Unseen, Some(Doubt::Columns)));
    assert_eq!(verdicts[1].outcome, Outcome::Missing, "whose row it is stands in it, so the other one is missing all the same");
    assert!(extras.is_empty());
    // A page whose columns have other names could be anybody's.
    let mut renamed = row(&decision());
    renamed.fields.iter_mut().for_each(|(name, _)| name.push('2'));
    renamed.fields.retain(|(name, _)| name != "CF_WSH2");
    let (verdicts, _) = judged(vec![wanted(1, decision()), wanted(2, other)], &[renamed]);
    assert!(verdicts.iter().all(|v| v.outcome == Outcome::Unseen && v.doubt == Some(Doubt::Columns)));
}

#[test]
fn an_empty_list_in_which_notices_were_seen_before_proves_nothing() {
    let mut known = wanted(1, decision());
    known.seen_before = true;
    let (verdicts, _) = judged(vec![known], &[]);
    assert_eq!(verdicts[0].doubt, Some(Doubt::KnownOnesGone));
}

#[test]
fn of_two_versions_of_one_number_each_row_goes_to_the_one_it_fits() {
    let old = decision();
    let new = Decision::read(body(ORG).replace("80000", "70000").as_bytes()).unwrap();
    let both = || {
        let mut gone = wanted(1, old.clone());
        gone.expect = Expect::Gone;
        vec![gone, wanted(2, new.clone())]
    };
    let outcomes = |rows: &[Row]| judged(both(), rows).0.iter().map(|v| v.outcome).collect::<Vec<_>>();
    let (first, mut second) = (row(&old), row(&new));
    second.url = Some("https://x/2".into());
    assert_eq!(outcomes(std::slice::from_ref(&first)), [Outcome::Lingering, Outcome::Missing]);
    assert_eq!(outcomes(&[first.clone(), second.clone()]), [Outcome::Lingering, Outcome::Matched]);
    assert_eq!(outcomes(std::slice::from_ref(&second)), [Outcome::Gone, Outcome::Matched]);
    let mut away = first;
    away.state = RowState::Withdrawn;
    assert_eq!(outcomes(&[away, second]), [Outcome::Gone, Outcome::Matched]);
}

#[test]
fn of_two_rows_that_say_the_same_the_earlier_is_that_of_what_was_corrected() {
    let mut old = wanted(1, decision());
    old.expect = Expect::Gone;
    let (first, mut second) = (row(&decision()), row(&decision()));
    second.url = Some("https://x/2".into());
    second.published_at = second.published_at.map(|at| at.plus(chrono::Duration::hours(1)));
    for rows in [[first.clone(), second.clone()], [second.clone(), first.clone()]] {
        let (verdicts, _) = judged(vec![old.clone(), wanted(2, decision())], &rows);
        let told: Vec<_> = verdicts.iter().map(|v| (v.outcome, v.sight.as_ref().unwrap().url.clone())).collect();
        assert_eq!(told, [(Outcome::Lingering, first.url.clone()), (Outcome::Matched, second.url.clone())]);
    }
    // One row alone is that of the decision that holds.
    let (verdicts, _) = judged(vec![old, wanted(2, decision())], &[first]);
    assert_eq!([verdicts[0].outcome, verdicts[1].outcome], [Outcome::Gone, Outcome::Matched]);
}

#[test]
fn an_exempt_decision_is_not_missed_and_is_told_of_when_it_is_public() {
    let mut spot = wanted(1, decision());
    spot.expect = Expect::Exempt;
    assert_eq!(judged(vec![spot.clone()], &[]).0[0].outcome, Outcome::Exempt);
    assert_eq!(judged(vec![spot], &[row(&decision())]).0[0].outcome, Outcome::Lingering);
}

#[test]
fn the_longest_term_ends_by_itself() {
    let later = Timestamp::parse("2026-04-15T09:00:00+08:00").unwrap();
    let mut ledger = Ledger::new(vec![wanted(1, decision())], 1);
    ledger.end(Reading::Whole(Some(later)));
    assert_eq!(ledger.close(later).0[0].outcome, Outcome::Expired);
}

#[test]
fn a_notice_that_leaves_the_list_at_the_end_it_gave_itself_is_not_missed_and_before_it_is() {
    let at = |day: &str| Timestamp::parse(&format!("{day}T09:00:00+08:00")).unwrap();
    let over = |shown: Option<&str>, now: &str| {
        let mut left = wanted(1, decision());
        (left.seen_before, left.shown_until) = (true, shown.map(|day| day.parse().unwrap()));
        // Another notice stands in the list; with none at all it would prove nothing while one should be there.
        let other = with(&row(&decision()), "CF_WSH", "（淄）应急罚〔2023〕9999号");
        let other = with(&with(&other, "CF_JDRQ", "2023-04-13"), "CF_NR_FK", "3");
        let mut ledger = Ledger::new(vec![left], 2);
        for _ in 0..2 {
            ledger.take(&other, true);
            ledger.end(Reading::Whole(Some(at(now))));
        }
        ledger.close(at(now)).0[0].outcome
    };
    // Decided on 2023-04-14, where the law allows three months to three years.
    assert_eq!(over(Some("2024-04-14"), "2024-04-14"), Outcome::Missing, "the last day");
    assert_eq!(over(Some("2024-04-14"), "2024-04-15"), Outcome::Expired);
    assert_eq!(over(Some("2023-07-13"), "2023-08-01"), Outcome::Missing, "shorter than the law allows counts for nothing");
    assert_eq!(over(Some("2029-04-14"), "2026-04-15"), Outcome::Expired, "nor does longer");
    assert_eq!(over(None, "2026-04-14"), Outcome::Missing, "of what was never seen the outermost end counts");
    // An empty list is no riddle where all that stood in it has come to its end.
    let mut left = wanted(1, decision());
    (left.seen_before, left.shown_until) = (true, "2024-04-14".parse().ok());
    let mut ledger = Ledger::new(vec![left], 1);
    ledger.end(Reading::Whole(Some(at("2024-04-15"))));
    assert_eq!(ledger.close(at("2024-04-15")).0[0].outcome, Outcome::Expired);
    // Taken away by the platform after its own end it has ended; before it was withdrawn.
    let gone = |now: &str| {
        let mut ended = row(&decision());
        ended.state = RowState::Withdrawn;
        let mut ledger = Ledger::new(vec![wanted(1, decision())], 1);
        ledger.take(&ended, true);
        ledger.end(Reading::Whole(Some(at(now))));
        ledger.close(at(now)).0[0].outcome
    };
    assert_eq!((gone("2024-04-14"), gone("2024-04-15")), (Outcome::Withdrawn, Outcome::Expired));
}
