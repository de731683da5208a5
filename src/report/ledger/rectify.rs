//! From a finding to the review that calls it mended (整改到位).

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    leg::{Leg, Standing, Step},
    terms::Terms,
};
use crate::{
    document::{DocumentNumber, State},
    report::{
        Reading,
        reading::{Found, Order, Review, Said},
        words,
    },
};

/// Where orders and reviews are found.
#[derive(Default)]
pub(super) struct Index<'a> {
    by_inspection: HashMap<&'a str, Vec<(&'a Reading, &'a Order)>>,
    by_record: HashMap<String, Vec<(&'a Reading, &'a Order)>>,
    by_order: HashMap<String, Vec<(&'a Reading, &'a Review)>>,
}

impl<'a> Index<'a> {
    /// Over all readings.
    pub(super) fn of(readings: &'a [Reading]) -> Self {
        let mut index = Self::default();
        for reading in readings {
            match &reading.text.said {
                Said::Order(order) => {
                    if let Some(inspection) = &reading.inspection {
                        index.by_inspection.entry(inspection).or_default().push((reading, order));
                    }
                    if let Some(record) = &order.record {
                        index.by_record.entry(plain(record)).or_default().push((reading, order));
                    }
                }
                Said::Review(review) => index.by_order.entry(plain(&review.of)).or_default().push((reading, review)),
                _ => {}
            }
        }
        index
    }

    /// Those of the inspection `id`, and those that name its record `number`.
    pub(super) fn papers(&self, id: Option<&str>, number: Option<&str>) -> Papers<'a> {
        let mut orders: Vec<_> = id.and_then(|id| self.by_inspection.get(id)).into_iter().flatten().copied().collect();
        for named in number.and_then(|number| self.by_record.get(number)).into_iter().flatten() {
            if !orders.iter().any(|(known, _)| known.id == named.0.id) {
                orders.push(*named);
            }
        }
        self.with_reviews(orders)
    }

    /// An order that names no inspection stands for itself.
    pub(super) fn of_order(&self, reading: &'a Reading) -> Papers<'a> {
        let order = if let Said::Order(order) = &reading.text.said { Some((reading, order)) } else { None };
        self.with_reviews(order.into_iter().collect())
    }

    fn with_reviews(&self, orders: Vec<(&'a Reading, &'a Order)>) -> Papers<'a> {
        let numbers = orders.iter().filter_map(|(order, _)| order.number.as_ref());
        let mut reviews: Vec<_> = numbers.filter_map(|number| self.by_order.get(number)).flatten().copied().collect();
        reviews.sort_by_key(|(reading, _)| reading.day);
        Papers { orders, reviews }
    }
}

/// A number as another document writes it, in canonical form.
pub(super) fn plain(number: &str) -> String {
    DocumentNumber::read(number).text
}

/// The orders and reviews of one inspection.
pub(super) struct Papers<'a> {
    pub(super) orders: Vec<(&'a Reading, &'a Order)>,
    pub(super) reviews: Vec<(&'a Reading, &'a Review)>,
}

/// The legs of one finding: the order that names it, and the review that calls it mended.
pub(super) fn legs(found: &Found, all: &[Found], inspected: NaiveDate, papers: &Papers<'_>, terms: &Terms) -> Vec<Leg> {
    if found.disposition == "fixed_on_spot" {
        let done = Leg::done(Step::Review, inspected, None).because("当场完成整改，记录在案");
        return vec![Leg::not_needed(Step::Order, "当场整改"), done];
    }
    let covering = papers.orders.iter().filter_map(|(reading, order)| Some((*reading, *order, covers(order, found, all)?)));
    // An entered one counts before one on its way.
    let Some((reading, order, no)) = covering.min_by_key(|(reading, ..)| (!reading.is_entered(), reading.day)) else {
        return vec![not_ordered(found, inspected, papers), Leg::new(Step::Review, Standing::Later)];
    };
    if !reading.is_entered() {
        return vec![on_the_way(Step::Order, reading, inspected, Some(inspected)), Leg::new(Step::Review, Standing::Later)];
    }
    let ordered = Leg::done(Step::Order, reading.day, reading.number.clone());
    vec![ordered, review_leg((reading, order, &no), found, papers, terms)]
}

/// An order is given on the spot (S-25). Where a case is opened instead, the law asks for one as well (行政处罚法 art. 28), by no fixed day.
fn not_ordered(found: &Found, inspected: NaiveDate, papers: &Papers<'_>) -> Leg {
    if found.disposition == "case" {
        let leg = Leg::missing(Step::Order, inspected, None).because("涉嫌违法的问题还没有责令改正");
        return leg.then("立案查处的同时责令改正：做责令限期整改指令书，写明这一项");
    }
    let leg = Leg::missing(Step::Order, inspected, Some(inspected));
    if papers.orders.is_empty() {
        return leg.because("没有责令整改的文书").then("补做责令限期整改指令书（或现场处理措施决定书），写明各项问题和期限");
    }
    leg.because("责令整改的文书里没有这一项").then("核对问题描述是否与检查记录一致；漏写的补做责令限期整改指令书")
}

/// Which numbered problem of an order is this finding: the same words, else the same number for a problem that is nobody else's.
fn covers(order: &Order, found: &Found, all: &[Found]) -> Option<String> {
    let wanted = words::folded(&found.text);
    if let Some((no, _)) = order.problems.iter().find(|(_, text)| words::folded(text) == wanted) {
        return Some(no.clone());
    }
    let reworded = order.problems.iter().find(|(no, text)| {
        let folded = words::folded(text);
        *no == found.no && !all.iter().any(|other| words::folded(&other.text) == folded)
    });
    reworded.map(|(no, _)| no.clone())
}

fn review_leg((order, text, no): (&Reading, &Order, &str), found: &Found, papers: &Papers<'_>, terms: &Terms) -> Leg {
    let wanted = words::folded(&found.text);
    let verdict = |review: &Review| {
        let item = review.items.iter().find(|(_, said, _)| words::folded(said) == wanted);
        item.or_else(|| review.items.iter().find(|(item, ..)| item == no)).map(|(_, _, fixed)| *fixed)
    };
    let of_it = papers.reviews.iter().filter(|(_, review)| order.is_called(&review.of));
    let said: Vec<_> = of_it.filter_map(|(reading, review)| Some((*reading, *review, verdict(review)?))).collect();
    let deadline = text.deadlines.iter().find(|(item, _)| item == no).map(|(_, day)| *day).or(text.deadline);
    let last = said.iter().rev().find(|(reading, ..)| reading.is_entered());
    if let Some((reading, _, true)) = last {
        return Leg::done(Step::Review, reading.day, reading.number.clone());
    }
    // What follows counts from the last review that was entered, else from the order.
    let (since, deadline) = match last {
        Some((reading, review, _)) => (reading.day, review.new_deadline),
        None => (order.day, deadline),
    };
    let due = deadline.and_then(|day| Terms::plain(day, terms.review_days));
    if let Some((reading, ..)) = said.iter().find(|(reading, ..)| !reading.is_entered() && reading.day >= since) {
        return on_the_way(Step::Review, reading, since, due);
    }
    let leg = Leg::missing(Step::Review, since, due);
    let state = if last.is_some() { "复查未整改" } else { "还没有复查" };
    let Some(day) = deadline else {
        return leg.because(format!("{state}，文书没有写期限")).then("现场核对整改情况，做整改复查意见书");
    };
    let advice = match last {
        Some(_) => "期限届满后再次复查，做整改复查意见书；逾期不改的依法处罚",
        None => "期限届满后复查，做整改复查意见书",
    };
    leg.because(format!("{state}，期限{}", words::spoken(day))).then(advice)
}

/// A leg whose document is here and not entered.
pub(super) fn on_the_way(step: Step, reading: &Reading, since: NaiveDate, due: Option<NaiveDate>) -> Leg {
    let advice = match reading.state {
        State::Unfit => "按草稿旁的“退回原因”改好并保存",
        State::Returned => "按平台意见改好草稿并保存",
        state if state.needs_a_person() => "用 dangri doc 查看原因，处理后解除暂停",
        _ => "程序正在录入，不用处理",
    };
    Leg {
        document: reading.number.clone(),
        since: Some(since),
        due,
        said: format!("文书在本机，状态：{}", reading.state.label()),
        advice: advice.to_owned(),
        ..Leg::new(step, Standing::OnTheWay)
    }
}
