//! Documents that fill the form and break a rule: codes, numbers, people, amounts, days, articles.

use super::super::{calendar, people::CHAIR};
use super::surgery::{after, days_later, get, map, remove, replace, set, set_day, swap};
use super::{Defect, Expect};

const fn rule(id: &'static str, name: &'static str, kind: &'static str, change: fn(&str) -> Option<String>) -> Defect {
    Defect::text(name, kind, Expect::Rule(id), change)
}

const DATE: &str = "Header/DocumentDate";

/// Another last character, from the codes' own alphabet.
fn wrong_check(code: &str) -> String {
    let last = if code.ends_with('7') { '8' } else { '7' };
    format!("{}{last}", &code[..17])
}

/// Changes only what follows the first `marker`.
fn in_tail(xml: &str, marker: &str, change: impl FnOnce(&str) -> Option<String>) -> Option<String> {
    let at = xml.find(marker)? + marker.len();
    let at = at + xml[at..].find('\n')? + 1;
    Some(format!("{}{}", &xml[..at], change(&xml[at..])?))
}

fn lead(xml: &str) -> Option<&str> {
    get(xml, "Officers/Officer/Name")
}

/// A day so many working days from the document's own.
fn working_day(xml: &str, count: i32) -> Option<String> {
    Some(calendar::shift(get(xml, DATE)?.parse().ok()?, count).to_string())
}

/// Says that a hearing was held, on these working days counted from the decision.
fn held(xml: &str, invited: i32, held: i32, chair: &str) -> Option<String> {
    let block = format!(
        "    <Held>\n      <MeetingNoticeDate>{}</MeetingNoticeDate>\n      <HeldDate>{}</HeldDate>\n      <Chair>{chair}</Chair>\n    </Held>",
        working_day(xml, invited)?,
        working_day(xml, held)?
    );
    replace(xml, "NotRequested", &block)
}

fn without_hearing(xml: &str) -> Option<&str> {
    get(xml, "HearingRef").is_none().then_some(xml)
}

pub(super) static DEFECTS: &[Defect] = &[
    rule("USCC-1", "单位信用代码校验位错", "insp_record", |xml| map(xml, "Enterprise/Uscc", wrong_check)),
    rule("USCC-1", "机关信用代码校验位错", "rectify_order", |xml| map(xml, "IssuingOrg/Uscc", wrong_check)),
    rule("USCC-1", "信用代码把0写成字母O", "penalty_org", |xml| map(xml, "Enterprise/Uscc", |old| old.replacen('0', "O", 1))),
    rule("USCC-2", "组织机构代码校验位错", "case_close", |xml| {
        map(xml, "Enterprise/Uscc", |old| {
            let digit = if &old[16..17] == "3" { '4' } else { '3' };
            let first17 = format!("{}{digit}", &old[..16]);
            format!("{first17}{}", super::super::codes::credit_code_check(&first17).unwrap_or('0'))
        })
    }),
    rule("CODE-1", "镇办代码不在表内", "insp_record", |xml| set(xml, "Enterprise/Town", "370302999")),
    rule("CODE-2", "行业代码不在表内", "insp_plan", |xml| set(xml, "Enterprise/Industry", "mining")),
    rule("IDN-1", "身份证号校验位错", "inquiry_record", |xml| {
        map(xml, "Party/IdNumber", |old| format!("{}{}", &old[..17], if old.ends_with('7') { '8' } else { '7' }))
    }),
    rule("IDN-1", "身份证号出生日期不存在", "penalty_person", |xml| {
        map(xml, "Party/IdNumber", |old| {
            let first17 = format!("{}0231{}", &old[..10], &old[14..17]);
            let check = super::super::codes::citizen_check(&first17).unwrap_or('0');
            format!("{first17}{check}")
        })
    }),
    rule("IDN-2", "性别与身份证号不符", "inquiry_record", |xml| {
        map(xml, "Party/Sex", |old| if old == "male" { "female" } else { "male" }.to_owned())
    }),
    rule("IDN-3", "年龄与身份证号不符", "spot_penalty_person", |xml| {
        map(xml, "Party/Age", |old| old.parse::<u32>().map_or_else(|_| "9".to_owned(), |age| (age + 6).to_string()))
    }),
    rule("NUM-3", "文号的字与文书种类不符", "rectify_order", |xml| swap(xml, "应急责改", "应急检记")),
    rule("NUM-1", "文号缺少应急二字", "rectify_review", |xml| map(xml, "DocumentNumber", |old| old.replace("应急", ""))),
    rule("NUM-1", "立案前文号写预立案", "case_filing", |xml| set(xml, "DocumentNumber", "预立案")),
    rule("NUM-2", "文号括号和空格不规范", "rectify_order", |xml| {
        map(xml, "DocumentNumber", |old| old.replace('〔', "[").replace('〕', "] ").replace('（', "(").replace('）', ")"))
    })
    .warned(),
    rule("NUM-2", "文号有前导零", "insp_record", |xml| map(xml, "DocumentNumber", |old| old.replace('〕', "〕第0"))).warned(),
    rule("AMT-1", "当场罚单位超过三千元", "spot_penalty_org", |xml| {
        swap(&swap(xml, "2000.00", "5000.00")?, "贰仟元整", "伍仟元整")
    }),
    rule("AMT-1", "当场罚个人超过二百元", "spot_penalty_person", |xml| {
        let xml = swap(&swap(xml, "100.00", "500.00")?, "壹佰元整", "伍佰元整")?;
        let xml = set(&xml, "PaymentMode", "within_15_days")?;
        replace(
            &xml,
            "SpotCollection",
            "  <Payment>\n    <Days>15</Days>\n    <Bank>齐商银行淄川支行</Bank>\n    <Account>801100201421000066</Account>\n    <OverdueDaily>3</OverdueDaily>\n  </Payment>",
        )
    }),
    rule("AMT-2", "超过一百元当场收缴", "spot_penalty_person", |xml| {
        swap(&swap(xml, "100.00", "200.00")?, "壹佰元整", "贰佰元整")
    }),
    rule("AMT-2", "当场缴纳没有收据", "spot_penalty_person", |xml| remove(xml, "SpotCollection")),
    rule("AMT-3", "达到数额未告知听证", "penalty_org", |xml| remove(xml, "HearingRef")),
    rule("AMT-3", "责令停产停业未告知听证", "penalty_org", |xml| {
        after(without_hearing(xml)?, "PenaltyKinds/PenaltyKind", "    <PenaltyKind>stop_production</PenaltyKind>")
    }),
    rule("AMT-4", "罚款高于告知数额", "penalty_org", |xml| set(xml, "NoticeRef/FineYuan", "10000.00")),
    rule("AMT-5", "大写与小写不符", "penalty_org", |xml| map(xml, "PenaltyKinds/FineUpper", |old| format!("壹拾{old}"))),
    rule("AMT-5", "告知书大写与小写不符", "penalty_notice", |xml| set(xml, "PenaltyKinds/FineUpper", "壹仟元整")),
    rule("PER-1", "执法人员只有一人", "onsite_measure", |xml| {
        let xml = in_tail(xml, "</Officer>", |tail| remove(&remove(tail, "Officer")?, "Officer"))?;
        in_tail(&xml, "</OfficerSignature>", |tail| remove(&remove(tail, "OfficerSignature")?, "OfficerSignature"))
    }),
    rule("PER-1", "同一执法人员写了两遍", "spot_penalty_org", |xml| {
        let (name, certificate) = (lead(xml)?, get(xml, "Officer/CertificateNo")?);
        let spoilt = in_tail(xml, "</Officer>", |tail| set(&set(tail, "Officer/Name", name)?, "Officer/CertificateNo", certificate))?;
        in_tail(&spoilt, "</OfficerSignature>", |tail| set(tail, "Name", name))
    }),
    rule("PER-2", "没有出示证件的记录", "insp_record", |xml| set(xml, "CertificatesShown", "已向被检查单位说明来意。")).warned(),
    rule("PER-5", "专家写成执法人员", "insp_record", |xml| {
        let expert = get(xml, "Experts/Expert/Name")?;
        in_tail(&in_tail(xml, "</Officer>", |tail| set(tail, "Officer/Name", expert))?, "</OfficerSignature>", |tail| {
            set(tail, "Name", expert)
        })
    }),
    rule("PER-6", "办案人员自己审批", "penalty_org", |xml| set(xml, "Approval/Name", lead(xml)?)),
    rule("PER-6", "法制审核人是办案人员", "case_filing", |xml| set(xml, "LegalReview/Name", lead(xml)?)),
    rule("PER-6", "检查人员自己审核方案", "insp_plan", |xml| set(xml, "Review/Name", lead(xml)?)),
    rule("PER-7", "镇办人员制作处罚文书", "penalty_notice", |xml| set(xml, "AuthorLevel", "town")),
    rule("PER-8", "听证主持人是办案人员", "penalty_org", |xml| held(xml, -9, -2, lead(xml)?)),
    rule("STALE-1", "告知书引用旧法条", "penalty_notice", |xml| {
        swap(&swap(xml, "第四十四条", "第三十一条")?, "第四十五条", "第三十二条")
    }),
    rule("STALE-1", "听证告知书引用旧法条", "hearing_notice", |xml| {
        swap(&swap(xml, "第六十三条", "第四十二条")?, "第六十四条", "第四十二条")
    }),
    rule("STALE-2", "听证期限仍写三日", "hearing_notice", |xml| swap(&set(xml, "RequestWorkingDays", "3")?, "五个工作日", "三日")),
    rule("STALE-1", "当场处罚引用旧法条", "spot_penalty_org", |xml| swap(xml, "第五十一条", "第三十三条")),
    rule("STALE-1", "先行登记引用旧法条", "preserve_notice", |xml| swap(xml, "第五十六条", "第三十七条")),
    rule("STALE-3", "机关仍写安监局", "rectify_order", |xml| set(xml, "IssuingOrg/Name", "淄川区安全生产监督管理局")),
    rule("STALE-4", "复议机关仍写上一级部门", "penalty_org", |xml| set(xml, "Remedy/ReviewAuthority", "淄博市应急管理局"))
        .dated(2024, 3, 12),
    rule("REM-1", "申请复议期限写成九十日", "onsite_measure", |xml| set(xml, "Remedy/ReviewDays", "90")),
    rule("REM-1", "起诉期限仍写三个月", "penalty_org", |xml| set(xml, "Remedy/SuitMonths", "3")),
    rule("HEAD-KIND", "种类代码与文书不符", "insp_record", |xml| set(xml, "Header/Kind", "insp_plan")),
    rule("DAT-1", "检查结束早于开始", "insp_record", |xml| {
        let (start, end) = (get(xml, "Start")?, get(xml, "End")?);
        set(&set(xml, "Start", end)?, "End", start)
    }),
    rule("DAT-1", "方案审批晚于检查", "insp_plan", |xml| set_day(xml, "Approval/Date", DATE, 2)),
    rule("DAT-2", "记录日期不是检查当日", "insp_record", |xml| set_day(xml, DATE, DATE, 1)),
    rule("DAT-3", "指令书不是检查当日下达", "rectify_order", |xml| set_day(xml, "InspectionDate", DATE, -2)).warned(),
    rule("DAT-4", "整改期限不晚于下达日期", "rectify_order", |xml| swap(xml, get(xml, "Deadline")?, get(xml, DATE)?)),
    rule("DAT-5", "复查早于指令书", "rectify_review", |xml| {
        set_day(&set_day(xml, "OrderRef/Date", DATE, 3)?, "OrderRef/Deadline", DATE, 20)
    }),
    rule("DAT-7", "证据处理超过七个工作日", "preserve_notice", |xml| set_day(xml, "DisposalDueDate", DATE, 20)),
    rule("DAT-8", "先决定后告知", "penalty_org", |xml| {
        set_day(&set_day(without_hearing(xml)?, "NoticeRef/Date", DATE, 1)?, "NoticeRef/ServedDate", DATE, 1)
    }),
    rule("DAT-8", "听证期限未满就决定", "penalty_org", |xml| {
        let xml = set_day(xml, "HearingRef/Date", DATE, -5)?;
        set_day(&xml, "HearingRef/ServedDate", DATE, -4)
    }),
    rule("DAT-9", "陈述申辩期限未满就决定", "penalty_org", |xml| {
        set_day(&set_day(without_hearing(xml)?, "NoticeRef/Date", DATE, -1)?, "NoticeRef/ServedDate", DATE, -1)
    })
    .warned(),
    rule("DAT-10", "听证会通知不足七个工作日", "penalty_org", |xml| held(xml, -6, -3, CHAIR)),
    rule("DAT-11", "法制审核晚于决定", "penalty_org", |xml| {
        set_day(get(xml, "HearingRef").and(Some(xml))?, "LegalReview/Date", DATE, 2)
    }),
    rule("DAT-11", "集体讨论晚于决定", "penalty_person", |xml| {
        set_day(get(xml, "HearingRef").and(Some(xml))?, "CollectiveDiscussion/Date", DATE, 1)
    }),
    rule("DAT-12", "立案到决定超过九十日", "penalty_org", |xml| {
        let xml = set_day(xml, "CaseRef/FilingDate", DATE, -95)?;
        let xml = set_day(&xml, "Act/FoundDate", DATE, -97)?;
        set_day(&set_day(&xml, "Act/End", DATE, -97)?, "Act/Start", DATE, -130)
    }),
    rule("DAT-13", "决定书超过七个工作日送达", "service_receipt", |xml| {
        in_tail(xml, "<DocumentKind>penalty_org</DocumentKind>", |tail| set_day(tail, "DocumentDate", "ServedDate", -25))
    }),
    rule("DAT-15", "缴款期限不是十五日", "penalty_org", |xml| set(xml, "Payment/Days", "10")),
    rule("DAT-17", "罚款未缴清就结案", "case_close", |xml| set_day(xml, "Execution/PaidDate", DATE, 5)),
    rule("DAT-18", "违法行为已过二年时效", "case_filing", |xml| {
        set_day(&set_day(xml, "Act/Start", DATE, -1200)?, "Act/End", DATE, -1100)
    })
    .warned(),
    rule("DAT-19", "文书日期在将来", "insp_plan", |xml| set(xml, DATE, "2099-04-03")),
    rule("DAT-19", "文号年份与文书日期不符", "rectify_review", |xml| {
        let year = get(xml, DATE)?.get(..4)?;
        let before = days_later(get(xml, DATE)?, -366)?;
        map(xml, "DocumentNumber", |old| old.replace(year, &before[..4]))
    }),
    rule("AMT-7", "逾期加处罚款比例不对", "penalty_person", |xml| set(xml, "Payment/OverdueDaily", "5")),
    rule("AMT-9", "处罚种类有罚款却没有金额", "penalty_notice", |xml| remove(&remove(xml, "FineUpper")?, "FineYuan")),
    rule("REV-1", "重大处罚没有法制审核", "penalty_org", |xml| remove(get(xml, "HearingRef").and(Some(xml))?, "LegalReview")),
    rule("DAT-22", "违法行为开始晚于终了", "case_filing", |xml| set_day(xml, "Act/Start", "Act/End", 5)),
    rule("REF-5", "整改项不在问题之中", "rectify_order", |xml| swap(xml, "<Item no=\"1\"", "<Item no=\"99\"")),
    rule("HEAD-VERSION", "表单版本已经停用", "rectify_review", |xml| set(xml, "SchemaVersion", "2021.4")),
];
