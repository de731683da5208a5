use super::*;
use crate::document::{ContentHash, DocumentId};

fn calendar() -> Calendar {
    Calendar::embedded().unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("{text}:00+08:00")).unwrap()
}

fn standing(date: &str, outcome: Outcome) -> Standing {
    let id = DocumentId::of_unfit("sample", &ContentHash::of(b"1"));
    let mut standing = Standing::new(id, "（淄）应急罚〔2023〕12号", date.parse().unwrap(), at("2023-04-21T10:00"));
    standing.outcome = outcome;
    standing
}

fn told(standing: &Standing, now: &str) -> Vec<(Level, String)> {
    reminders(standing, at(now), &calendar()).into_iter().map(|r| (r.level, r.key.split('/').nth(1).unwrap().to_owned())).collect()
}

#[test]
fn the_clocks_run_over_the_may_holiday() {
    // 2023-04-21 is a Friday; 23 April is a Sunday that is worked, 29 April to 3 May are off: the 5th working day is 27 April, the 7th 4 May.
    let missing = standing("2023-04-21", Outcome::Missing);
    for (now, wanted) in [
        ("2023-04-21T23:59", None),
        ("2023-04-22T00:00", Some((Level::Amber, "immediate"))),
        ("2023-04-26T23:59", Some((Level::Amber, "immediate"))),
        ("2023-04-27T00:00", Some((Level::Red, "due"))),
        ("2023-05-01T12:00", Some((Level::Red, "due"))),
        ("2023-05-05T00:00", Some((Level::Red, "due"))),
    ] {
        let wanted: Vec<_> = wanted.into_iter().map(|(level, key)| (level, key.to_owned())).collect();
        assert_eq!(told(&missing, now), wanted, "{now}");
    }
    let left = |now: &str| working_days_left(missing.date, at(now), &calendar());
    assert_eq!(
        ["2023-04-21T10:00", "2023-04-27T10:00", "2023-05-02T10:00", "2023-05-04T23:59", "2023-05-05T00:00", "2023-05-08T09:00"].map(left),
        [Some(7), Some(2), Some(1), Some(0), Some(-1), Some(-3)]
    );
}

#[test]
fn what_is_told_says_what_is_known_and_what_to_do() {
    let mut unseen = standing("2023-04-21", Outcome::Unseen);
    unseen.doubt = Some("公示清单没有读到：平台答非所问".to_owned());
    let missing = standing("2023-04-21", Outcome::Missing);
    let mut lines = Vec::new();
    for (standing, now) in [
        (&missing, "2023-04-24T09:00"),
        (&missing, "2023-04-27T09:00"),
        (&missing, "2023-05-04T09:00"),
        (&missing, "2023-05-05T09:00"),
        (&unseen, "2023-04-24T09:00"),
        (&unseen, "2023-05-05T09:00"),
    ] {
        lines.extend(reminders(standing, at(now), &calendar()).into_iter().map(|r| format!("{} {:?} {}", r.since, r.level, r.text())));
    }
    assert!(lines[4..].iter().all(|line| !line.contains("平台上没有")), "what could not be seen is not missing");
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_corrected_decision_must_be_taken_away_within_three_working_days() {
    let mut old = standing("2023-04-14", Outcome::Lingering);
    old.confirmed = true;
    old.gone_on = Some("2023-04-27".parse().unwrap());
    // Three working days after 27 April: 28 April, 4 May, 5 May.
    assert_eq!(told(&old, "2023-05-04T23:00"), [(Level::Amber, "withdraw".to_owned())]);
    assert_eq!(told(&old, "2023-05-05T00:00"), [(Level::Red, "withdraw".to_owned())]);
    assert_eq!(old.label(at("2023-05-04T12:00"), &calendar()), "应撤下（剩 1 个工作日）");
    assert_eq!(old.label(at("2023-05-06T12:00"), &calendar()), "应撤下（超期）");
    old.outcome = Outcome::Gone;
    assert!(told(&old, "2023-05-08T00:00").is_empty());
}

#[test]
fn what_is_settled_or_exempt_reminds_of_nothing() {
    for outcome in [Outcome::Matched, Outcome::Repaired, Outcome::Expired, Outcome::Exempt] {
        assert!(told(&standing("2023-04-14", outcome), "2023-06-01T09:00").is_empty(), "{outcome:?}");
    }
    let mut wrong = standing("2023-04-14", Outcome::Mismatched);
    assert!(told(&wrong, "2023-04-17T09:00").is_empty(), "one reading alone raises no alarm");
    wrong.confirmed = true;
    assert_eq!(told(&wrong, "2023-04-17T09:00"), [(Level::Amber, "wrong".to_owned())]);
}

#[test]
fn what_one_reading_alone_saw_is_no_alarm() {
    let mut standing = standing("2023-04-14", Outcome::Lingering);
    let later = "2023-06-01T09:00";
    assert!(told(&standing, later).is_empty(), "not to be public at all, or not any more");
    standing.gone_on = Some("2023-04-27".parse().unwrap());
    assert!(told(&standing, later).is_empty(), "its term of withdrawal is over, and it may be away for all that is known");
    standing.confirmed = true;
    assert_eq!(told(&standing, later), [(Level::Red, "withdraw".to_owned())]);
    (standing.gone_on, standing.exempt) = (None, Some(crate::publication::Exemption::OnTheSpot));
    assert_eq!(told(&standing, later), [(Level::Amber, "wrong".to_owned())]);
}

#[test]
fn a_notice_that_one_reading_alone_saw_taken_away_is_no_alarm_where_it_was_public_before() {
    let mut standing = standing("2023-04-21", Outcome::Withdrawn);
    standing.first_seen = Some(standing.since.plus(chrono::Duration::hours(-1)));
    assert!(told(&standing, "2023-04-27T09:00").is_empty());
    standing.confirmed = true;
    let said = |standing: &Standing| reminders(standing, at("2023-04-27T09:00"), &calendar())[0].text();
    assert!(said(&standing).contains("的公示被撤下") && said(&standing).contains("问明原因"), "{}", said(&standing));
    // One that nobody ever saw public is not let off for being seen as taken away.
    (standing.confirmed, standing.first_seen) = (false, Some(standing.since));
    assert!(said(&standing).contains("只有一遍读到") && said(&standing).contains("人工核对"), "{}", said(&standing));
}

#[test]
fn past_the_calendar_nothing_is_guessed() {
    let late = standing("2026-12-28", Outcome::Missing);
    let said = reminders(&late, at("2026-12-30T09:00"), &calendar());
    assert_eq!(said.len(), 1);
    assert!(said[0].level == Level::Amber && said[0].text().contains("没有 2027 年"), "{}", said[0].text());
}

#[test]
fn the_word_follows_the_working_days() {
    let label = |outcome, now: &str| standing("2023-04-21", outcome).label(at(now), &calendar());
    assert_eq!(label(Outcome::NotYet, "2023-04-21T11:00"), "应公示");
    assert_eq!(label(Outcome::Missing, "2023-04-26T11:00"), "未公示（剩 3 个工作日）");
    assert_eq!(label(Outcome::Missing, "2023-05-04T11:00"), "未公示（今日到期）");
    assert_eq!(label(Outcome::Missing, "2023-05-05T11:00"), "超期");
    assert_eq!(label(Outcome::NotYet, "2023-05-05T11:00"), "超期");
    assert_eq!(label(Outcome::Unseen, "2023-05-05T11:00"), "核对失败");
    assert_eq!(label(Outcome::Matched, "2023-05-05T11:00"), "已公示");
}

#[test]
fn a_decision_whose_longest_term_is_over_is_not_missed_any_more() {
    let standing = standing("2023-04-14", Outcome::NotYet);
    let outcome = |now: &str| standing.clone().at_its_end(at(now)).outcome;
    assert_eq!(outcome("2026-04-14T09:00"), Outcome::NotYet, "the last day");
    assert_eq!(outcome("2026-04-15T09:00"), Outcome::Expired);
}
