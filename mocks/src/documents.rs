//! Taking documents and saying what became of them (contract §3, §4).

use crate::answer::{Answer, Part, unhex};
use crate::clock::Millis;
use crate::numbers::canonical;
use crate::package::{self, Head, Package, submission_id};
use crate::platform::Shared;
use crate::results::{Query, write_result};
use crate::script::{Action, Endpoint, ErrorItem, Facts, Pass, Plan};
use crate::structure::{Reading, Wanted};
use crate::world::{Taken, World};

/// How a PUT ended before anything was kept.
pub(crate) enum Put {
    /// An answer of the platform; the flag says whether something was kept by this very call.
    Answered(Answer),
    /// A rule that could only be matched with the document in hand cuts or replaces the answer.
    Met,
}

/// A PUT whose caller is known.
pub(crate) struct Sent<'a> {
    pub(crate) app: &'a str,
    pub(crate) id: &'a str,
    pub(crate) body: &'a [u8],
    /// What is wrong with the call's headers.
    pub(crate) fault: Option<String>,
}

/// `PUT /documents/{id}`.
pub(crate) fn put(p: &Shared, sent: Sent<'_>, plan: &mut Plan, now: Millis) -> Put {
    let Sent { app, id, body, fault } = sent;
    let setup = &p.setup;
    let mut package = package::read(body, |kind| Wanted { bundle: p.bundle.as_ref(), leaves: setup.published.contains_key(kind) });
    let address = unhex::<16>(id);
    let first_fault = fault.or_else(|| package.fault.take()).or_else(|| head_fault(p, app, address, &package));
    if ask_with_document(p, &package, id, plan, now) {
        return Put::Met;
    }
    if let Some(answer) = crate::call::scripted(p, Endpoint::Put, plan) {
        return Put::Answered(answer);
    }
    let mut world = p.world();
    world.settle(setup, now);
    if let (Some(address), Some(document)) = (address, &package.document)
        && world.by_id(&address).is_some_and(|s| s.head.digest != document.digest)
    {
        return Put::Answered(Answer::of("16"));
    }
    let (Some(head), Some(document), None) = (package.head, package.document, &first_fault) else {
        return Put::Answered(Answer::malformed(first_fault.unwrap_or_else(|| "the body is not a Package".into())));
    };
    if let Some(n) = world.find(&head.id) {
        let s = &mut world.submissions[n];
        s.puts += 1;
        if !setup.idempotent {
            s.copies += 1;
        }
        return Put::Answered(Answer::of("00").with(Part::Receipt(s.receipt())));
    }
    if let Some(answer) = refusal(p, &world, &head, &document.reading, plan) {
        return Put::Answered(answer);
    }
    let body = setup.keep_bodies.then(|| document.bytes.into());
    let receipt = world.take(setup, Taken { head, facts: document.reading.facts, body }, plan, now);
    Put::Answered(Answer::of("00").status(202).with(Part::Receipt(receipt)))
}

/// Asks the rules that need the document; `true` when one of them ends the call without keeping anything.
fn ask_with_document(p: &Shared, package: &Package<'_>, id: &str, plan: &mut Plan, now: Millis) -> bool {
    let Some(head) = &package.head else {
        return false;
    };
    if !p.has_rules() {
        return false;
    }
    let had = plan.meet().is_some();
    let facts = Facts { kind: Some(head.kind.clone()), number: head.number.clone(), id: Some(id.to_owned()) };
    p.script().ask(Endpoint::Put, &facts, Pass::Body, now, plan);
    let committing = |a: &Action| {
        matches!(
            a,
            Action::CommitThenDrop { .. }
                | Action::Refuse { .. }
                | Action::Status { committing: true, .. }
                | Action::Html { committing: true }
                | Action::Empty { committing: true }
                | Action::Page { committing: true, .. }
        )
    };
    !had && plan.meet().is_some_and(|a| !committing(a))
}

/// What makes a head that reads well a wrong one: code 01.
fn head_fault(p: &Shared, app: &str, address: Option<[u8; 16]>, package: &Package<'_>) -> Option<String> {
    let (Some(head), Some(document)) = (&package.head, &package.document) else {
        return Some("Head or Body cannot be read".into());
    };
    let Some(address) = address else {
        return Some("the address holds no submission id".into());
    };
    if head.id != address {
        return Some("SubmissionId is not the address's".into());
    }
    if head.app != app {
        return Some("AppId is not the token's".into());
    }
    if !p.setup.roots.contains_key(&head.kind) {
        return Some(format!("Kind {} is not known", head.kind));
    }
    if p.setup.numberless.contains(&head.kind) != head.number.is_none() {
        return Some(format!("DocumentNumber and Kind {} do not go together", head.kind));
    }
    if head.number.as_deref().is_some_and(|n| canonical(n) != n) {
        return Some("DocumentNumber is not in its canonical form".into());
    }
    if head.digest != document.digest {
        return Some("Digest is not that of the document bytes".into());
    }
    if head.id != submission_id(&head.sender, &head.kind, head.key(), &document.digest) {
        return Some("SubmissionId is not made of sender, kind, key and digest".into());
    }
    None
}

/// The first reason of the contract's order (17, 15, 10, 11, 12, 13, 14) that speaks against a new submission. A rule's
/// refusal takes its own place in that order.
fn refusal(p: &Shared, world: &World, head: &Head, reading: &Reading, plan: &Plan) -> Option<Answer> {
    let facts = &reading.facts;
    let mut errors = reading.errors.clone();
    let setup = &p.setup;
    let told = plan.find(|a| match a {
        Action::Refuse { code, message, errors } => Some((code.as_str(), message.as_deref(), errors)),
        _ => None,
    });
    for (code, applies) in [
        ("17", !world.accepts.contains(&head.schema)),
        ("15", setup.district_only.contains(&head.kind) && !head.district),
        ("10", check_root(p, head, &reading.root, &mut errors)),
        ("11", breaks_supersedes(world, head)),
        ("12", missing_base_data(p, facts).is_some()),
        ("13", world.holder(head).is_some()),
        ("14", setup.case_order && world.awaits_earlier(&facts.affairs, &head.kind)),
    ] {
        let scripted = told.filter(|t| t.0 == code);
        if !applies && scripted.is_none() {
            continue;
        }
        let part = match code {
            "17" => Part::Written(crate::schema::write(p, world)),
            "10" | "11" | "12" => {
                let natural = match code {
                    "10" => errors.clone(),
                    "11" => vec![ErrorItem::new("E2101", "被更正的提交不存在，或不属于同一单位、同一类文书")],
                    _ => missing_base_data(p, facts).into_iter().collect(),
                };
                let listed = if applies { natural } else { scripted.map(|t| t.2.clone()).unwrap_or_default() };
                Part::Errors(if listed.is_empty() { default_errors(code) } else { listed })
            }
            "13" => Part::Receipt(world.holder(head).map_or_else(crate::answer::Receipt::unknown, |s| s.receipt())),
            _ => Part::None,
        };
        let mut answer = Answer::of(code).with(part);
        answer.message = scripted.and_then(|t| t.1).map(str::to_owned);
        return Some(answer);
    }
    None
}

/// The error that stands for a scripted refusal without errors of its own.
pub(crate) fn default_errors(code: &str) -> Vec<ErrorItem> {
    vec![match code {
        "10" => ErrorItem::new("E1001", "文书不符合数据结构要求"),
        "11" => ErrorItem::new("E2001", "文书违反业务规则"),
        _ => ErrorItem::new("E3001", "基础数据未登记"),
    }]
}

/// Whether the document does not fit the schema (code 10); adds what the root itself says.
fn check_root(p: &Shared, head: &Head, root: &str, errors: &mut Vec<ErrorItem>) -> bool {
    let want = p.setup.roots.get(&head.kind).map_or("", String::as_str);
    let declared = p.bundle.as_ref().is_none_or(|b| b.has_root(root));
    if root != want || !declared {
        let message = format!("文书类型 {} 的根元素应为 {want}", head.kind);
        errors.insert(0, ErrorItem::new("E1001", message).at(format!("/d:{root}"), 1));
    }
    !errors.is_empty()
}

fn breaks_supersedes(world: &World, head: &Head) -> bool {
    head.supersedes.is_some_and(|old| world.by_id(&old).is_none_or(|s| s.head.sender != head.sender || s.head.kind != head.kind))
}

fn missing_base_data(p: &Shared, facts: &crate::structure::Facts) -> Option<ErrorItem> {
    let registers = p.registers();
    if let (Some(known), Some(code)) = (&registers.enterprises, &facts.enterprise)
        && !known.contains(code)
    {
        return Some(ErrorItem::new("E3101", "该企业未在平台登记，请先登记企业信息"));
    }
    let known = registers.officers.as_ref()?;
    let missing = facts.officers.iter().any(|o| !known.contains(o));
    missing.then(|| ErrorItem::new("E3102", "执法人员证件号未在平台登记"))
}

/// `GET /documents/{id}`.
pub(crate) fn get(p: &Shared, id: &str, now: Millis) -> Answer {
    let mut world = p.world();
    world.settle(&p.setup, now);
    let Some(id) = unhex::<16>(id) else {
        return Answer::malformed("the address holds no submission id");
    };
    let Some(n) = world.find(&id).filter(|n| world.submissions[*n].visible_at <= now) else {
        return Answer::of("18");
    };
    let mut s = String::with_capacity(320);
    write_result(&mut s, &mut world.submissions[n]);
    Answer::of("00").with(Part::Written(s))
}

/// `GET /documents?number=…&kind=…`: the caller's own.
pub(crate) fn by_number(p: &Shared, app: &str, query: &Query, now: Millis) -> Answer {
    if let Err(why) = query.only(&["number", "kind"]) {
        return Answer::malformed(why);
    }
    let (Some(number), Some(kind)) = (query.get("number"), query.get("kind")) else {
        return Answer::malformed("number and kind are both needed");
    };
    if number.is_empty() || canonical(number) != number {
        return Answer::malformed("number is not in its canonical form");
    }
    let mut world = p.world();
    world.settle(&p.setup, now);
    let found: Vec<usize> =
        world.submissions_of(app, kind, number).into_iter().filter(|n| world.submissions[*n].visible_at <= now).collect();
    let mut s = String::from("<Results>");
    for n in found {
        write_result(&mut s, &mut world.submissions[n]);
    }
    s.push_str("</Results>");
    Answer::of("00").with(Part::Written(s))
}
