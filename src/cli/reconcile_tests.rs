use super::*;
use crate::{
    document::{ContentHash, DocumentId, Timestamp},
    publication::{Difference, Extra},
};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn notice(n: u8, outcome: Outcome, change: impl FnOnce(&mut Standing)) -> Notice {
    let id = DocumentId::of_unfit("sample", &ContentHash::of(&[n]));
    let now = at("2023-04-26T14:00:00+08:00");
    let mut standing = Standing::new(id, format!("（淄）应急罚〔2023〕{n}号"), "2023-04-21".parse().unwrap(), now);
    standing.outcome = outcome;
    standing.confirmed = true;
    change(&mut standing);
    Notice::of(standing, now, &Calendar::embedded().unwrap())
}

fn told(notices: Vec<Notice>) -> Told {
    let days = Some(("2023-04-01".parse().unwrap(), "2023-04-26".parse().unwrap()));
    let compared = Compared { days, decisions: notices.len() as u64, pages: 2, rows: 14, ..Compared::default() };
    Told { compared, notices, source: "平台公示清单".to_owned() }
}

fn difference(field: &str, label: &str, ours: &str, theirs: &str) -> Difference {
    Difference { field: field.into(), label: label.into(), ours: ours.into(), theirs: theirs.into() }
}

#[test]
fn a_comparison_reads_like_this() {
    let mut told = told(vec![
        notice(1, Outcome::Matched, |_| {}),
        notice(2, Outcome::Missing, |_| {}),
        notice(3, Outcome::Mismatched, |s| {
            s.differences = vec![difference("CF_NR_FK", "罚款金额（万元）", "0.2（2000元）", "2000（20000000元）")];
            s.url = Some("https://x.example/notices/3.html".into());
        }),
        notice(4, Outcome::Unseen, |s| s.doubt = Some("公示清单没有读到：平台答非所问（HTTP 200）".into())),
        notice(5, Outcome::Duplicate, |s| s.rows = 2),
        notice(6, Outcome::Lingering, |s| s.gone_on = Some("2023-04-25".parse().unwrap())),
        notice(7, Outcome::Withdrawn, |_| {}),
    ]);
    told.compared.extra_count = 1;
    told.compared.extras = vec![Extra {
        number: "（淄）应急罚〔2023〕99号".into(),
        decided: "2023-04-12".parse().ok(),
        published_at: None,
        url: None,
        evidence: ContentHash::of(b"row"),
    }];
    assert_eq!(exit_of(&told), Exit::NeedsPerson);
    insta::assert_snapshot!(tell(&told, false, Style::PLAIN));
}

#[test]
fn a_list_that_could_not_be_read_to_its_end_reads_like_this() {
    let mut told = told(vec![notice(4, Outcome::Unseen, |s| s.doubt = Some("公示清单没有读完，翻页中断".into()))]);
    told.compared.trouble = "公示清单没有读完，翻页中断".into();
    assert_eq!(exit_of(&told), Exit::Unreachable, "what could not be seen is nobody's fault in the office");
    insta::assert_snapshot!(tell(&told, false, Style::PLAIN));
}

#[test]
fn when_all_is_well_it_says_so() {
    let told = told(vec![notice(1, Outcome::Matched, |_| {}), notice(2, Outcome::Exempt, |_| {})]);
    assert_eq!(exit_of(&told), Exit::Well);
    insta::assert_snapshot!(tell(&told, false, Style::PLAIN));
}
