//! Published penalty decisions (contract §5, domain §2.1).

use chrono::{Months, NaiveDate};

use crate::answer::{Answer, Part, escape, put};
use crate::clock::{Millis, local, millis_of, seconds, stamp};
use crate::package::Head;
use crate::platform::Shared;
use crate::results::{Query, page_size};
use crate::script::{Plan, Publishing};
use crate::setup::Setup;
use crate::world::World;

/// One published row.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) place: usize,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) decided: Option<NaiveDate>,
    pub(crate) published_at: Millis,
    /// When it was taken away, and whether by credit repair.
    pub(crate) ended: Option<(Millis, bool)>,
}

/// The columns in the order of the template (domain §2.1); shifted columns move along it.
const COLUMNS: [&str; 21] = [
    "CF_XDR_MC",
    "CF_XDR_LB",
    "CF_XDR_SHXYM",
    "CF_FRDB",
    "CF_XDR_ZJLX",
    "CF_WSH",
    "CF_WFXW",
    "CF_SY",
    "CF_YJ",
    "CF_CFLB",
    "CF_NR",
    "CF_NR_FK",
    "CF_NR_WFFF",
    "CF_NR_ZKDX",
    "CF_JDRQ",
    "CF_YXQ",
    "CF_GSJZQ",
    "CF_CFJG",
    "CF_CFJGDM",
    "CF_SJLY",
    "CF_SJLYDM",
];

impl Notice {
    /// The row that is made of a decision's own text.
    pub(crate) fn of(head: &Head, leaves: &[(String, String)], how: &Publishing, at: Millis, place: usize) -> Self {
        let mut fields: Vec<(String, String)> = COLUMNS.iter().filter_map(|c| Some(((*c).to_owned(), column(c, head, leaves)?))).collect();
        let decided = fields.iter().find(|(c, _)| c == "CF_JDRQ").and_then(|(_, v)| v.parse().ok());
        if how.in_yuan {
            for (name, path) in [("CF_NR_FK", "FineYuan"), ("CF_NR_WFFF", "ConfiscatedYuan")] {
                let leaf = leaves.iter().find(|(p, _)| p == path);
                let field = fields.iter_mut().find(|(n, _)| n == name);
                if let (Some((_, yuan)), Some((_, value))) = (leaf, field) {
                    yuan.trim_end_matches(".00").clone_into(value);
                }
            }
        }
        if how.shifted {
            shift(&mut fields);
        }
        for (name, value) in &how.alter {
            fields.retain(|(n, _)| n != name);
            if !value.is_empty() {
                fields.push((name.clone(), value.clone()));
            }
        }
        // The children come in the template's order whatever was altered.
        fields.sort_by_key(|(n, _)| COLUMNS.iter().position(|c| c == n).unwrap_or(COLUMNS.len()));
        let end = |after: Option<u64>, repaired| after.map(|s| (at + seconds(s), repaired));
        Self {
            place,
            fields,
            decided: decided.or_else(|| Some(local(at).date_naive())),
            published_at: at,
            ended: end(how.withdrawn_after, false).or(end(how.repaired_after, true)),
        }
    }

    fn write(&self, base: &str, s: &mut String, now: Millis) {
        let ended = self.ended.filter(|(at, _)| *at <= now);
        let state = match ended {
            None => "published",
            Some((_, false)) => "withdrawn",
            Some((_, true)) => "repaired",
        };
        put(s, format_args!("<Publication state=\"{state}\" published-at=\"{}\"", stamp(self.published_at)));
        if let Some((at, _)) = ended {
            put(s, format_args!(" withdrawn-at=\"{}\"", stamp(at)));
        }
        put(s, format_args!(" url=\"{base}/notices/{}.html\">", self.place + 1));
        for (name, value) in &self.fields {
            put(s, format_args!("<{name}>"));
            escape(s, value);
            put(s, format_args!("</{name}>"));
        }
        s.push_str("</Publication>");
    }
}

/// Every value one column to the right, as a careless insert statement does it.
fn shift(fields: &mut [(String, String)]) {
    let mut carried = String::new();
    for (_, value) in fields.iter_mut() {
        std::mem::swap(value, &mut carried);
    }
    if let Some((_, first)) = fields.first_mut() {
        *first = carried;
    }
}

fn column(name: &str, head: &Head, leaves: &[(String, String)]) -> Option<String> {
    let leaf = |path: &str| leaves.iter().find(|(p, _)| p == path).map(|(_, v)| v.clone());
    let all = |path: &str, glue: &str| {
        let found: Vec<&str> = leaves.iter().filter(|(p, _)| p == path).map(|(_, v)| v.as_str()).collect();
        (!found.is_empty()).then(|| found.join(glue))
    };
    let cited = |what: &str| {
        let laws = leaves.iter().filter(|(p, _)| p.starts_with(what) && p.ends_with("/Law"));
        let articles = leaves.iter().filter(|(p, _)| p.starts_with(what) && p.ends_with("/Article"));
        let found: Vec<String> = laws.zip(articles).map(|(l, a)| format!("《{}》{}", l.1, a.1)).collect();
        (!found.is_empty()).then(|| found.join("；"))
    };
    let ten_thousands = |path: &str| leaf(path).and_then(|v| yuan_to_wan(&v));
    let decided = || leaf("Header/DocumentDate").and_then(|d| d.parse::<NaiveDate>().ok());
    let person = leaf("Party/Name");
    match name {
        "CF_XDR_MC" => leaf("Enterprise/Name").or(person),
        "CF_XDR_LB" => Some(match leaf("Enterprise/Uscc") {
            None => "自然人".into(),
            Some(u) if u.starts_with("92") => "个体工商户".into(),
            Some(_) => "法人及非法人组织".into(),
        }),
        "CF_XDR_SHXYM" => leaf("Enterprise/Uscc"),
        "CF_FRDB" => leaf("Enterprise/LegalRep"),
        "CF_XDR_ZJLX" => person.map(|_| "身份证".into()),
        "CF_WSH" => head.number.clone(),
        "CF_WFXW" => cited("Violated/").map(|v| format!("违反{v}")),
        "CF_SY" => leaf("Facts"),
        "CF_YJ" => cited("Basis/"),
        "CF_CFLB" => all("PenaltyKinds/PenaltyKind", "；").map(|v| v.split('；').map(kind_name).collect::<Vec<_>>().join("；")),
        "CF_NR" => leaf("PenaltyText"),
        "CF_NR_FK" => ten_thousands("FineYuan"),
        "CF_NR_WFFF" => ten_thousands("ConfiscatedYuan"),
        "CF_NR_ZKDX" => leaf("LicenceNote"),
        "CF_JDRQ" => leaf("Header/DocumentDate"),
        "CF_YXQ" => Some("2099-12-31".into()),
        // Safety: at least a year from the decision (domain §2.4).
        "CF_GSJZQ" => decided().and_then(|d| d.checked_add_months(Months::new(12))).map(|d| d.to_string()),
        "CF_CFJG" | "CF_SJLY" => leaf("Header/IssuingOrg/Name"),
        "CF_CFJGDM" | "CF_SJLYDM" => leaf("Header/IssuingOrg/Uscc"),
        _ => None,
    }
    .filter(|v| !v.is_empty())
}

/// 2000 yuan → 0.2: the unit of CF_NR_FK is 万元, at most six places.
fn yuan_to_wan(yuan: &str) -> Option<String> {
    let (whole, part) = yuan.split_once('.').unwrap_or((yuan, ""));
    let cents = format!("{part:0<2}");
    let all: u128 = format!("{whole}{}", cents.get(..2)?).parse().ok()?;
    let (wan, rest) = (all / 1_000_000, all % 1_000_000);
    if rest == 0 {
        return Some(wan.to_string());
    }
    Some(format!("{wan}.{}", format!("{rest:06}").trim_end_matches('0')))
}

fn kind_name(code: &str) -> &str {
    match code {
        "warning" => "警告",
        "criticism" => "通报批评",
        "fine" => "罚款",
        "confiscate_gains" => "没收违法所得",
        "confiscate_goods" => "没收非法财物",
        "suspend_licence" => "暂扣许可证件",
        "lower_qualification" => "降低资质等级",
        "revoke_licence" => "吊销许可证件",
        "limit_operation" => "限制开展生产经营活动",
        "stop_production" => "责令停产停业",
        "close_down" => "责令关闭",
        "ban_from_work" => "限制从业",
        "detention" => "行政拘留",
        other => other,
    }
}

/// `GET /publications`.
pub(crate) fn list(world: &World, setup: &Setup, base: &str, query: &Query, plan: &Plan, now: Millis) -> Answer {
    match page(world, setup, base, query, plan, now) {
        Ok(written) => Answer::of("00").with(Part::Written(written)),
        Err(why) => Answer::malformed(why),
    }
}

fn page(world: &World, setup: &Setup, base: &str, query: &Query, plan: &Plan, now: Millis) -> Result<String, String> {
    query.only(&["from", "to", "after", "limit"])?;
    let day = |name: &str| -> Result<NaiveDate, String> {
        let text = query.get(name).ok_or(format!("{name} is missing"))?;
        let day: Option<NaiveDate> = text.parse().ok().filter(|d: &NaiveDate| d.to_string() == text);
        day.ok_or(format!("{name} is not a date"))
    };
    let (from, to) = (day("from")?, day("to")?);
    if from > to {
        return Err("from is later than to".into());
    }
    let limit = page_size(query.get("limit"))?;
    let asked = query.get("after").unwrap_or_default();
    let mark = format!("p{}{}x", from.format("%Y%m%d"), to.format("%Y%m%d"));
    let start = match asked {
        "" => 0,
        cursor => {
            let at = cursor.strip_prefix(mark.as_str()).and_then(|n| n.parse::<usize>().ok().filter(|v| v.to_string() == n));
            at.filter(|at| *at <= world.notices.len()).ok_or("the cursor is not of this window")?
        }
    };
    let rows: Vec<usize> = (0..world.notices.len())
        .filter(|n| world.notices[*n].published_at <= now && world.notices[*n].decided.is_some_and(|d| d >= from && d <= to))
        .collect();
    let (shown, end) = crate::results::cut(&rows, start, limit, plan);
    let more = rows.iter().any(|n| *n >= end.unwrap_or(start)) && end.is_some();
    let complete = world.complete_to.unwrap_or(now - millis_of(setup.publication_lag));
    let mut s = String::from("<Publications next=\"");
    match end {
        Some(end) => put(&mut s, format_args!("{mark}{end}")),
        None => escape(&mut s, asked),
    }
    put(&mut s, format_args!("\" more=\"{more}\" complete-to=\"{}\">", stamp(complete)));
    for n in shown {
        world.notices[n].write(base, &mut s, now);
    }
    s.push_str("</Publications>");
    Ok(s)
}

/// Ends every visible row of a decision; answers how many there were.
pub(crate) fn end(p: &Shared, number: &str, repaired: bool) -> usize {
    let now = p.setup.clock.millis();
    let mut world = p.world();
    world.settle(&p.setup, now);
    let rows = world.notices.iter_mut().filter(|n| n.fields.iter().any(|(c, v)| c == "CF_WSH" && v == number));
    rows.map(|n| n.ended = Some((now, repaired))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_become_ten_thousands() {
        for (yuan, wan) in [("2000", "0.2"), ("10185", "1.0185"), ("10185.5", "1.01855"), ("0.01", "0.000001"), ("30000.00", "3")] {
            assert_eq!(yuan_to_wan(yuan).as_deref(), Some(wan));
        }
    }

    #[test]
    fn shifted_columns_lose_nothing_and_land_elsewhere() {
        let mut fields: Vec<(String, String)> = [("a", "1"), ("b", "2"), ("c", "3")].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
        shift(&mut fields);
        let values: Vec<&str> = fields.iter().map(|f| f.1.as_str()).collect();
        assert_eq!(values, ["3", "1", "2"]);
    }
}
