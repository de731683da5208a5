use super::{Case, fails, judge, passes};

const DAY: &str = "2023-04-03";

fn meeting(name: &str, from: &str, to: &str, recorded: bool) -> String {
    let recording = if recorded { "<Recording name=\"a.mp4\"/>" } else { "" };
    format!("<{name}><Start>2023-04-03T{from}:00+08:00</Start><End>2023-04-03T{to}:00+08:00</End>{recording}</{name}>")
}

fn meetings(recorded: bool) -> String {
    let list = [
        meeting("Opening", "09:00", "09:10", recorded),
        meeting("OnSite", "09:10", "10:30", false),
        meeting("Communication", "10:30", "10:50", false),
        meeting("Summary", "10:50", "11:10", recorded),
    ];
    format!("<Meetings>{}</Meetings>", list.concat())
}

fn finding(citation: &str, by: &str) -> String {
    format!(
        "<Officers><Officer><Name>国承业</Name></Officer></Officers><Experts><Expert><Name>耿维扬</Name></Expert></Experts>\
         <Findings><Finding no=\"1\"><Basis>{citation}</Basis><RaisedBy>{by}</RaisedBy></Finding></Findings>"
    )
}

pub(super) fn cases() -> Vec<Case> {
    let record = "insp_record";
    let officers = |level: &str| format!("<Officers><Officer><Name>甲</Name><Level>{level}</Level></Officer></Officers>");
    let spot = |at: &str, disposition: &str, evidence: &str| {
        format!(
            "<End>2023-04-03T11:10:00+08:00</End><Findings><Finding no=\"1\"><Disposition>{disposition}</Disposition>{evidence}</Finding></Findings>\
             <OnTheSpot><Informed at=\"2023-04-03T{at}:00+08:00\">true</Informed></OnTheSpot>"
        )
    };
    let evidence = "<Evidence><Evidence>现场照片</Evidence></Evidence>";
    let order = meetings(true).replace("10:50", "09:05");
    vec![
        passes("S-13", record, DAY, &officers("district")),
        fails("S-13", record, DAY, &officers("town"), "区级"),
        passes("S-16", record, DAY, &meetings(true)),
        fails("S-16", record, DAY, "", "没有填写四个环节"),
        fails("S-16", record, DAY, &order, "顺序不对"),
        fails("S-16", record, DAY, &format!("<Meetings>{}</Meetings>", meeting("Opening", "09:00", "09:10", true)), "没有填全"),
        passes(
            "S-17",
            record,
            DAY,
            "<Present><EnterpriseHead><Name>甲</Name></EnterpriseHead><Operator><AbsenceReason>轮休</AbsenceReason></Operator></Present>",
        ),
        fails("S-17", record, DAY, "<Present><Operator><Duty>焊工</Duty></Operator></Present>", "没有到场"),
        passes("S-18", record, DAY, "<Experts><Expert><Name>甲</Name></Expert></Experts>"),
        fails("S-18", record, DAY, "", "专家"),
        passes("S-20", record, DAY, &finding("<Citation><Law>安全生产法</Law><Article>第四十一条</Article></Citation>", "国承业")),
        passes("S-20", record, DAY, &finding("<Citation><Law>安全生产法</Law><Article>第四十一条</Article></Citation>", "耿维扬")),
        fails("S-20", record, DAY, &finding("", "国承业"), "没有写明依据"),
        fails("S-20", record, DAY, &finding("<Citation><Law>安全生产法</Law><Article></Article></Citation>", "国承业"), "没有写明依据"),
        fails("S-20", record, DAY, &finding("<Citation><Law>甲</Law><Article>乙</Article></Citation>", "路人"), "不是参加检查的"),
        passes("S-21", record, DAY, "<Findings><Finding no=\"1\"><Disposition>order</Disposition></Finding></Findings>"),
        fails("S-21", record, DAY, "<Findings><Finding no=\"2\"></Finding></Findings>", "第2项问题没有写明处置意见"),
        passes("S-23", record, DAY, "<RecorderId>DSJ-101</RecorderId>"),
        fails("S-23", record, DAY, "", "记录仪"),
        passes("S-24", record, DAY, &meetings(true)),
        fails("S-24", record, DAY, &meetings(false), "录像"),
        passes("S-25", record, DAY, &spot("11:10", "case", evidence)),
        fails("S-25", record, DAY, &spot("11:11", "order", ""), "晚于检查结束"),
        fails("S-25", record, DAY, &spot("11:10", "case", ""), "固定证据"),
    ]
}

#[test]
fn what_the_notice_asks_is_judged_when_turned_on() {
    judge(&cases());
}

#[test]
fn what_the_notice_asks_is_on_as_shipped_and_never_keeps_a_document_back() {
    let shipped = super::Catalogue::embedded().unwrap();
    let asked: Vec<_> = shipped.rules.iter().filter(|rule| rule.id.starts_with("S-")).collect();
    assert!(asked.iter().all(|rule| rule.severity < crate::document::Severity::Error));
    let off: Vec<_> = asked.iter().filter(|rule| !rule.enabled).map(|rule| rule.id.as_str()).collect();
    assert_eq!(off, ["S-13"], "joint inspections are the campaign's own arrangement");
}
