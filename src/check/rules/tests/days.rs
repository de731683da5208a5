use super::{Case, fails, judge, passes};
use crate::document::Severity;

const DAY: &str = "2023-04-03";

fn span(start: &str, end: &str) -> String {
    format!("<Start>{start}:00+08:00</Start><End>{end}:00+08:00</End>")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = inspections();
    cases.extend(orders());
    cases.extend(future_and_year());
    cases.extend(notices());
    cases.extend(decisions());
    cases.extend(service());
    cases.extend(closing());
    cases
}

fn inspections() -> Vec<Case> {
    let plan = |approved: &str| format!("<CheckTime>2023-04-03T09:00:00+08:00</CheckTime><Approval><Date>{approved}</Date></Approval>");
    let day = span("2023-04-03T09:00", "2023-04-03T11:20");
    vec![
        passes("DAT-1", "insp_record", DAY, &day),
        fails("DAT-1", "insp_record", DAY, &span("2023-04-03T11:20", "2023-04-03T09:00"), "晚于2023年4月3日11时20分"),
        fails("DAT-1", "inquiry_record", DAY, &span("2023-04-03T09:00", "2023-04-03T09:00"), "结束时间"),
        passes("DAT-1", "insp_plan", DAY, &plan("2023-04-03")),
        fails("DAT-1", "insp_plan", DAY, &plan("2023-04-05"), "检查之后才审批"),
        fails("DAT-1", "insp_record", DAY, &day, "2023年4月4日才批准").beside(
            "insp_plan",
            DAY,
            "<Approval><Date>2023-04-04</Date></Approval>",
        ),
        passes("DAT-1", "insp_record", DAY, &day).beside("insp_plan", DAY, "<Approval><Date>2023-04-03</Date></Approval>"),
        passes("DAT-2", "insp_record", DAY, &day),
        fails("DAT-2", "insp_record", "2023-04-04", &day, "2023年4月3日"),
        fails("DAT-2", "insp_record", "2023-04-04", &span("2023-04-03T22:00", "2023-04-04T01:00"), "跨日检查原因"),
        passes(
            "DAT-2",
            "insp_record",
            "2023-04-04",
            &format!("{}<MultiDayReason>夜班生产</MultiDayReason>", span("2023-04-03T22:00", "2023-04-04T01:00")),
        ),
    ]
}

fn orders() -> Vec<Case> {
    let order = "<OrderRef><Number>（淄）应急责改〔2023〕12号</Number><Date>2023-04-03</Date><Deadline>2023-04-18</Deadline></OrderRef>";
    let without = order.replace("<Deadline>2023-04-18</Deadline>", "");
    vec![
        passes("DAT-3", "rectify_order", DAY, "<InspectionDate>2023-04-03</InspectionDate>"),
        fails("DAT-3", "onsite_measure", DAY, "<InspectionDate>2023-04-01</InspectionDate>", "晚于检查日期2023年4月1日"),
        fails("DAT-3", "onsite_measure", DAY, "<InspectionDate>2023-04-05</InspectionDate>", "早于检查日期2023年4月5日"),
        fails("DAT-3", "rectify_order", DAY, "<InspectionDate>2023-04-03</InspectionDate>", "现场检查记录（2023年4月2日）").beside(
            "insp_record",
            "2023-04-02",
            &span("2023-04-02T09:00", "2023-04-02T11:20"),
        ),
        passes("DAT-3", "rectify_order", DAY, "<InspectionDate>2023-04-03</InspectionDate>").beside(
            "insp_record",
            DAY,
            &span("2023-04-02T22:00", "2023-04-03T01:20"),
        ),
        passes("DAT-4", "rectify_order", DAY, "<Deadline>2023-04-04</Deadline>"),
        fails("DAT-4", "rectify_order", DAY, "<Deadline>2023-04-03</Deadline>", "晚于2023年4月3日"),
        fails("DAT-4", "rectify_order", DAY, "<ItemsToFix><Item no=\"1\" deadline=\"2023-04-02\"/></ItemsToFix>", "2023-04-02"),
        fails("DAT-4", "rectify_review", DAY, "<NewDeadline>2023-04-03</NewDeadline>", "晚于2023年4月3日"),
        passes("DAT-5", "rectify_review", "2023-04-18", order),
        fails("DAT-5", "rectify_review", "2023-04-02", order, "不早于2023年4月3日"),
        passes("DAT-5A", "rectify_review", "2023-04-28", order),
        fails("DAT-5A", "rectify_review", "2023-04-29", order, "2023年4月28日"),
        passes("DAT-5A", "rectify_review", "2023-04-29", &format!("{order}<Delay><NewDeadline>2023-05-20</NewDeadline></Delay>")),
        fails("DAT-5A", "rectify_review", "2023-05-10", &without, "2023年4月30日").beside(
            "rectify_order",
            DAY,
            "<Deadline>2023-04-20</Deadline>",
        ),
        passes("DAT-5A", "rectify_review", "2023-05-10", &without),
    ]
}

fn future_and_year() -> Vec<Case> {
    let numbered = |number: &str| passes("DAT-19", "penalty_org", "2024-01-10", "").header("DocumentNumber", number);
    let filed = "<CaseRef><FilingDate>2023-12-20</FilingDate></CaseRef>";
    vec![
        fails("DAT-19", "penalty_notice", "2099-04-03", "", "不晚于2026年12月1日"),
        passes("DAT-19", "penalty_notice", "2026-12-01", ""),
        fails("DAT-19", "insp_record", DAY, &span("2026-12-02T09:00", "2026-12-02T10:00"), "在将来"),
        passes("DAT-19", "insp_plan", DAY, "<CheckTime>2099-04-03T09:00:00+08:00</CheckTime>"),
        passes("DAT-19", "rectify_review", DAY, "<Delay><NewDeadline>2099-04-03</NewDeadline></Delay>"),
        // Every other day has passed, wherever it stands.
        fails("DAT-19", "rectify_review", DAY, "<Delay><ApprovedDate>2026-12-02</ApprovedDate></Delay>", "ApprovedDate在将来"),
        fails("DAT-19", "case_close", DAY, "<Review><Date>2026-12-02</Date></Review>", "Date在将来"),
        fails("DAT-19", "inquiry_record", DAY, "<Recording start=\"2026-12-02T09:00:00+08:00\"/>", "start在将来"),
        passes("DAT-19", "rectify_order", DAY, "<ItemsToFix><Item no=\"1\" deadline=\"2099-04-18\"/></ItemsToFix>"),
        fails("DAT-19", "service_receipt", DAY, "<Rows><Row><ServedDate>2026-12-02</ServedDate></Row></Rows>", "不晚于2026年12月1日"),
        numbered("（淄）应急罚〔2024〕12号"),
        fails("DAT-19", "penalty_org", "2024-01-10", "", "（淄）应急罚〔2024〕12号").header("DocumentNumber", "（淄）应急罚〔2023〕12号"),
        passes("DAT-19", "penalty_org", "2024-01-10", filed).header("DocumentNumber", "（淄）应急罚〔2023〕12号"),
        passes("DAT-19", "rectify_review", "2024-01-10", "").header("DocumentNumber", "（淄）应急复查〔2023〕12号").beside(
            "insp_plan",
            "2023-12-20",
            "",
        ),
    ]
}

fn notices() -> Vec<Case> {
    let due = |day: &str| format!("<DisposalDueDate>{day}</DisposalDueDate>");
    let filed = |day: &str| format!("<CaseRef><FilingDate>{day}</FilingDate></CaseRef>");
    vec![
        passes("DAT-6", "case_filing", DAY, "<UrgentEvidenceDate>2023-03-29</UrgentEvidenceDate>"),
        // The fifth day is a Saturday.
        passes("DAT-6", "case_filing", DAY, "<UrgentEvidenceDate>2023-03-27</UrgentEvidenceDate>"),
        fails("DAT-6", "case_filing", "2023-04-04", "<UrgentEvidenceDate>2023-03-27</UrgentEvidenceDate>", "2023年4月3日"),
        fails("DAT-6", "case_filing", DAY, "<UrgentEvidenceDate>2023-03-26</UrgentEvidenceDate>", "2023年3月31日"),
        // 2023-04-03 + 7 working days is 2023-04-13, 清明 lies between.
        passes("DAT-7", "preserve_notice", DAY, &due("2023-04-13")),
        fails("DAT-7", "preserve_notice", DAY, &due("2023-04-14"), "不晚于2023年4月13日"),
        fails("DAT-7", "preserve_notice", DAY, &due("2023-04-02"), "早于通知书"),
        passes("DAT-12A", "penalty_notice", DAY, &filed("2023-01-19")),
        fails("DAT-12A", "penalty_notice", DAY, &filed("2023-01-18"), "75日"),
        // The ninetieth day is a Sunday.
        fails("DAT-12A", "penalty_notice", "2023-03-31", &filed("2023-01-02"), "2023年4月3日前"),
        fails("DAT-12A", "penalty_notice", "2023-04-04", &filed("2023-01-02"), "期限2023年4月3日已满"),
    ]
}

fn decisions() -> Vec<Case> {
    let org = "penalty_org";
    let told =
        |date: &str, served: &str, more: &str| format!("<NoticeRef><Date>{date}</Date><ServedDate>{served}</ServedDate>{more}</NoticeRef>");
    let hearing = |served: &str, how: &str| format!("<HearingRef><ServedDate>{served}</ServedDate>{how}</HearingRef>");
    let held = |invited: &str, held: &str| {
        hearing("2023-03-01", &format!("<Held><MeetingNoticeDate>{invited}</MeetingNoticeDate><HeldDate>{held}</HeldDate></Held>"))
    };
    let waived = |day: &str| format!("<StatementMade>false</StatementMade><StatementWaivedDate>{day}</StatementWaivedDate>");
    let filed = |day: &str| format!("<CaseRef><FilingDate>{day}</FilingDate></CaseRef>");
    let act = |end: &str, found: &str, harm: &str| {
        format!("<Act><Start>2019-01-01</Start><End>{end}</End><FoundDate>{found}</FoundDate><HarmToLife>{harm}</HarmToLife></Act>")
    };
    vec![
        passes("DAT-8", org, DAY, &told("2023-03-20", "2023-03-21", "")),
        fails("DAT-8", org, DAY, &told("2023-04-04", "2023-04-04", ""), "不早于处罚决定"),
        fails("DAT-8", org, DAY, &told("2023-04-03", "2023-04-03", ""), "早于2023年4月3日"),
        passes("DAT-8", org, DAY, &told("2023-04-03", "2023-04-03", &waived("2023-04-03"))),
        fails("DAT-8", org, DAY, &told("2023-03-22", "2023-03-21", ""), "早于告知书日期"),
        // 2023-04-21 + 5 working days is 2023-04-27.
        fails("DAT-8", org, "2023-04-27", &hearing("2023-04-21", "<NotRequested/>"), "2023年4月27日才满"),
        passes("DAT-8", org, "2023-04-28", &hearing("2023-04-21", "<NotRequested/>")),
        passes("DAT-8", org, "2023-04-24", &hearing("2023-04-21", "<Waived><Date>2023-04-24</Date></Waived>")),
        fails("DAT-8", org, "2023-04-24", &hearing("2023-04-21", "<Waived><Date>2023-04-25</Date></Waived>"), "放弃听证"),
        fails("DAT-8", org, DAY, &held("2023-03-20", "2023-04-04"), "听证晚于"),
        // Nothing answers a notice that was not served yet.
        fails("DAT-8", org, DAY, &held("2023-02-20", "2023-02-28"), "听证早于听证告知书送达"),
        fails("DAT-8", org, "2023-04-24", &hearing("2023-04-21", "<Waived><Date>2023-04-20</Date></Waived>"), "放弃听证早于"),
        fails("DAT-8", org, DAY, &told("2023-03-20", "2023-03-21", &waived("2023-03-20")), "放弃陈述申辩早于"),
        fails("DAT-8", org, DAY, &hearing("2023-03-01", "<Date>2023-03-02</Date><NotRequested/>"), "送达早于听证告知书日期"),
        passes("DAT-8", org, DAY, &held("2023-03-20", "2023-04-03")),
        fails("DAT-9", org, DAY, &told("2023-03-31", "2023-03-31", "<StatementMade>false</StatementMade>"), "2023年4月3日才满"),
        // The third day after the thirtieth is a Sunday.
        fails("DAT-9", org, DAY, &told("2023-03-30", "2023-03-30", "<StatementMade>false</StatementMade>"), "2023年4月3日才满"),
        passes("DAT-9", org, "2023-04-04", &told("2023-03-30", "2023-03-30", "<StatementMade>false</StatementMade>")),
        passes("DAT-9", org, DAY, &told("2023-03-28", "2023-03-28", "<StatementMade>false</StatementMade>")),
        passes("DAT-9", org, DAY, &told("2023-03-31", "2023-03-31", "<StatementMade>true</StatementMade>")),
        passes("DAT-9", org, DAY, &told("2023-03-31", "2023-03-31", &waived("2023-04-01"))),
        passes("DAT-10", org, "2023-05-10", &held("2023-04-21", "2023-05-04")),
        fails("DAT-10", org, "2023-05-10", &held("2023-04-23", "2023-05-04"), "只有6个工作日"),
        passes(
            "DAT-11",
            org,
            DAY,
            "<LegalReview><Date>2023-04-03</Date></LegalReview><CollectiveDiscussion><Date>2023-04-02</Date></CollectiveDiscussion>",
        ),
        fails("DAT-11", org, DAY, "<LegalReview><Date>2023-04-04</Date></LegalReview>", "不晚于2023年4月3日"),
        fails("DAT-11", "penalty_person", DAY, "<CollectiveDiscussion><Date>2023-04-04</Date></CollectiveDiscussion>", "晚于处罚决定"),
        // The ninetieth day is a Sunday.
        passes("DAT-12", org, DAY, &filed("2023-01-02")),
        fails("DAT-12", org, "2023-04-04", &filed("2023-01-02"), "共92日"),
        // The ninetieth day is 1 May, a holiday until the third.
        passes("DAT-12", org, "2023-05-04", &filed("2023-01-31")),
        fails("DAT-12", org, "2023-05-05", &filed("2023-01-31"), "2023年5月4日前"),
        passes(
            "DAT-12",
            org,
            DAY,
            &format!("{}<Extension><Days>30</Days></Extension><ExcludedTime><Days>5</Days></ExcludedTime>", filed("2022-11-29")),
        ),
        fails("DAT-12", org, DAY, &filed("2023-04-04"), "立案晚于"),
        passes("DAT-18", org, "2023-04-03", &act("2021-03-20", "2023-03-20", "false")),
        fails("DAT-18", org, "2023-04-03", &act("2021-03-19", "2023-03-20", "0"), "超过2年"),
        passes("DAT-18", org, "2023-04-03", &act("2021-03-19", "2023-03-20", "true")),
        fails("DAT-18", "case_filing", "2026-04-03", &act("2020-03-19", "2026-03-20", "1"), "超过5年"),
        passes("DAT-22", org, DAY, &act("2021-03-20", "2023-03-20", "false")),
        fails("DAT-22", org, DAY, &act("2018-12-31", "2019-03-20", "false"), "不晚于2018年12月31日"),
    ]
}

fn service() -> Vec<Case> {
    let served = |served: &str, deadline: &str| {
        format!("<Service><ServedDate>{served}</ServedDate><PaymentDeadline>{deadline}</PaymentDeadline></Service>")
    };
    let row = |kind: &str, made: &str, served: &str, method: &str| {
        format!(
            "<Rows><Row><DocumentKind>{kind}</DocumentKind><DocumentDate>{made}</DocumentDate><ServedDate>{served}</ServedDate>\
             <Method>{method}</Method></Row></Rows>"
        )
    };
    let receipt = "service_receipt";
    let mut cases: Vec<Case> = [
        ("2023-04-03", "2023-04-13"),
        ("2023-04-14", "2023-04-24"),
        ("2023-04-21", "2023-05-04"),
        ("2023-09-28", "2023-10-13"),
        ("2024-02-08", "2024-02-23"),
        ("2025-01-27", "2025-02-12"),
        ("2026-02-13", "2026-03-02"),
    ]
    .into_iter()
    .map(|(made, last)| passes("DAT-13", receipt, last, &row("penalty_org", made, last, "direct")))
    .collect();
    cases.extend([
        fails("DAT-13", receipt, "2023-05-05", &row("penalty_org", "2023-04-21", "2023-05-05", "direct"), "不晚于2023年5月4日"),
        fails("DAT-13", receipt, DAY, &row("penalty_notice", "2023-04-03", "2023-04-02", "direct"), "早于文书日期"),
        // Only decisions have a term.
        passes("DAT-13", receipt, "2023-06-05", &row("penalty_notice", "2023-04-21", "2023-06-05", "direct")),
        fails("DAT-13", "penalty_org", DAY, "<Service><ServedDate>2023-04-14</ServedDate></Service>", "不晚于2023年4月13日"),
        passes("DAT-15", "penalty_org", DAY, "<Payment><Days>15</Days></Payment>"),
        fails("DAT-15", "penalty_org", DAY, "<Payment><Days>10</Days></Payment>", "写的是10日"),
        passes("DAT-15", "penalty_org", "2023-04-10", &served("2023-04-14", "2023-05-04")),
        passes("DAT-15", "penalty_org", "2023-04-10", &served("2023-04-14", "2023-04-29")),
        fails("DAT-15", "penalty_org", "2023-04-10", &served("2023-04-14", "2023-04-28"), "2023年5月4日"),
        passes("DAT-20", receipt, DAY, &row("penalty_org", DAY, DAY, "direct")),
        fails("DAT-20", receipt, DAY, &row("penalty_org", DAY, DAY, "public"), "30日"),
        fails("DAT-20", "penalty_org", DAY, "<Service><Method>public</Method></Service>", "公告送达"),
    ]);
    cases
}

fn closing() -> Vec<Case> {
    let executed = |body: &str| format!("<Execution>{body}</Execution>");
    let paid = |due: &str, paid: &str, day: &str| {
        executed(&format!("<State>paid</State><DueYuan>{due}</DueYuan><PaidYuan>{paid}</PaidYuan><PaidDate>{day}</PaidDate>"))
    };
    let close = "case_close";
    let decision = "<DecisionRef><Number>（淄）应急罚〔2023〕12号</Number><Date>2023-03-20</Date></DecisionRef>";
    let fine = "<FineYuan>20000</FineYuan>";
    vec![
        passes("DAT-17", close, DAY, &paid("20000", "20000", "2023-04-03")),
        fails("DAT-17", close, DAY, &paid("20000", "20000", "2023-04-04"), "不晚于2023年4月3日"),
        fails("DAT-17", close, DAY, &paid("20000", "15000", "2023-04-01"), "还差5000元"),
        fails(
            "DAT-17",
            close,
            DAY,
            &format!("<DecisionRef><Date>2023-04-04</Date></DecisionRef>{}", executed("<State>nothing_to_execute</State>")),
            "晚于结案",
        ),
        fails("DAT-17", close, DAY, &executed("<State>paid</State>"), "缴清日期"),
        fails("DAT-17", close, DAY, &executed("<State>ended</State><PaidDate>2023-04-01</PaidDate>"), "执行终结日期"),
        fails("DAT-17", close, DAY, &executed("<State>enforced</State>"), "执行完毕的日期"),
        fails("DAT-17", close, DAY, &executed("<DueYuan>20000</DueYuan><PaidYuan>15000</PaidYuan>"), "还差5000元"),
        fails("DAT-17", close, DAY, "<DecisionRef><Date>2023-04-04</Date></DecisionRef>", "晚于结案"),
        fails("DAT-17", close, DAY, &format!("{decision}{}", paid("15000", "15000", "2023-04-01")), "少于处罚决定的罚款20000元").beside(
            "penalty_org",
            "2023-03-20",
            fine,
        ),
        passes("DAT-17", close, DAY, &format!("{decision}{}", paid("20000", "20000", "2023-04-01"))).beside(
            "penalty_org",
            "2023-03-20",
            fine,
        ),
        fails("DAT-17", close, DAY, &format!("{decision}{}", executed("<State>nothing_to_execute</State>")), "没有需要执行的内容").beside(
            "penalty_org",
            "2023-03-20",
            fine,
        ),
        passes("DAT-17", close, DAY, &executed("<State>nothing_to_execute</State>")),
        passes(
            "DAT-21",
            close,
            DAY,
            "<OfficerDate>2023-04-02</OfficerDate><Review><Date>2023-04-03</Date></Review><Approval><Date>2023-04-03</Date></Approval>",
        ),
        fails(
            "DAT-21",
            close,
            DAY,
            "<Review><Date>2023-04-03</Date></Review><Approval><Date>2023-04-02</Date></Approval>",
            "不晚于2023年4月2日",
        ),
        fails(
            "DAT-21",
            "case_filing",
            DAY,
            "<OfficerDate>2023-04-03</OfficerDate><Approval><Date>2023-04-02</Date></Approval>",
            "OfficerDate晚于审批",
        ),
        fails("DAT-21", "case_filing", DAY, "<Approval><Date>2023-04-04</Date></Approval>", "审批晚于文书日期"),
    ]
}

#[test]
fn the_order_of_days_is_judged() {
    judge(&cases());
}

#[test]
fn past_the_calendar_a_rule_says_that_it_did_not_check() {
    let unchecked = [
        ("DAT-7", "preserve_notice", "<DisposalDueDate>2026-12-30</DisposalDueDate>"),
        ("DAT-8", "penalty_org", "<HearingRef><ServedDate>2026-12-28</ServedDate><NotRequested/></HearingRef>"),
        (
            "DAT-10",
            "penalty_org",
            "<HearingRef><Held><MeetingNoticeDate>2026-12-25</MeetingNoticeDate><HeldDate>2027-01-04</HeldDate></Held></HearingRef>",
        ),
        ("DAT-12", "penalty_org", "<CaseRef><FilingDate>2026-10-25</FilingDate></CaseRef>"),
        ("DAT-13", "penalty_org", "<Service><ServedDate>2027-01-12</ServedDate></Service>"),
        ("DAT-15", "penalty_org", "<Service><ServedDate>2026-12-20</ServedDate><PaymentDeadline>2027-01-05</PaymentDeadline></Service>"),
    ];
    let dates = ["2026-12-29", "2027-01-10", "2027-01-10", "2027-01-25", "2026-12-29", "2026-12-29"];
    let cases: Vec<Case> = unchecked
        .into_iter()
        .zip(dates)
        .map(|((rule, kind, body), date)| fails(rule, kind, date, body, "没有核对：工作日历里没有2027年的数据").only(Severity::Warning))
        .collect();
    judge(&cases);
}
