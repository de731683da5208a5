//! Documents that are XML but not what the form asks for.

use super::surgery::{after, behind, map, remove, replace, set, swap};
use super::{Defect, Expect};

const fn form(path: &'static str, name: &'static str, kind: &'static str, change: fn(&str) -> Option<String>) -> Defect {
    Defect::text(name, kind, Expect::Schema(path), change)
}

pub(super) static DEFECTS: &[Defect] = &[
    form("InspectionRecord/Place", "缺少检查场所", "insp_record", |xml| remove(xml, "Place")),
    form("InspectionRecord/Start", "检查时间写成中文", "insp_record", |xml| set(xml, "Start", "2023年4月3日9时30分")),
    form("InspectionRecord/End", "检查时间没有时区", "insp_record", |xml| map(xml, "End", |old| old.replace("+08:00", ""))),
    form("InspectionRecord/Findings/Finding/Category", "问题类型不在十四类", "insp_record", |xml| {
        set(xml, "Finding/Category", "设备设施")
    }),
    form("InspectionRecord/Findings/Finding/Disposition", "处置意见为空", "insp_record", |xml| set(xml, "Finding/Disposition", "")),
    form("InspectionRecord/Enterprise", "执法人员写在单位之前", "insp_record", |xml| behind(xml, "Enterprise", "Officers")),
    form("InspectionRecord/Signatures", "缺少检查人员签名", "insp_record", |xml| remove(xml, "Signatures")),
    form("PenaltyNotice/Enterprise/Name", "单位名称只有空格", "penalty_notice", |xml| set(xml, "Enterprise/Name", "  ")),
    form("RectifyOrder/Enterprise/Address", "地址超长", "rectify_order", |xml| map(xml, "Enterprise/Address", |old| old.repeat(8))),
    form("RectifyOrder/Deadline", "整改期限日期不存在", "rectify_order", |xml| set(xml, "Deadline", "2023-02-30")),
    form("RectifyOrder/ItemsToFix/Item/@no", "整改项没有序号", "rectify_order", |xml| swap(xml, "<Item no=\"1\"", "<Item")),
    form("PenaltyOrg/FineYuan", "罚款金额三位小数", "penalty_org", |xml| {
        map(xml, "Basis/PenaltyKinds/FineYuan", |old| format!("{old}5"))
    }),
    form("SpotPenaltyOrg/FineYuan", "罚款金额带单位", "spot_penalty_org", |xml| map(xml, "FineYuan", |old| format!("{old}元"))),
    form("PenaltyPerson/Remedy", "缺少救济途径", "penalty_person", |xml| remove(xml, "Remedy")),
    form("OnsiteMeasure/Weather", "多出表单没有的要素", "onsite_measure", |xml| {
        after(xml, "InspectionDate", "  <Weather>晴</Weather>")
    }),
    form("HearingNotice/Contact/Postcode", "邮编五位", "hearing_notice", |xml| set(xml, "Contact/Postcode", "25510")),
    form("InquiryRecord/Party/Sex", "性别代码写错", "inquiry_record", |xml| set(xml, "Party/Sex", "男性")),
    form("PreserveNotice/Items/Item", "保存证据清单超过十项", "preserve_notice", |xml| {
        let rows: Vec<String> = (4..=12)
            .map(|no| {
                format!(
                    "    <Item no=\"{no}\">\n      <Name>检修记录</Name>\n      <Unit>本</Unit>\n      <Quantity>1</Quantity>\n    </Item>"
                )
            })
            .collect();
        xml.find("  </Items>").map(|at| format!("{}{}\n{}", &xml[..at], rows.join("\n"), &xml[at..]))
    }),
    form("InspectionPlan", "命名空间写错", "insp_plan", |xml| swap(xml, "urn:dangri:document:1", "urn:dangri:document:2")),
    form("InspectPlan", "根要素名写错", "insp_plan", |xml| swap(xml, "InspectionPlan", "InspectPlan")),
    form("CaseFiling/Approval", "缺少审批意见", "case_filing", |xml| remove(xml, "Approval")),
    form("CaseClose/Header/DraftId", "草稿编号不完整", "case_close", |xml| map(xml, "DraftId", |old| old[..30].to_owned())),
    form("ServiceReceipt/Rows/Row", "送达清单一行也没有", "service_receipt", |xml| replace(xml, "Rows", "  <Rows>\n  </Rows>")),
    form("RectifyReview/Enterprise/Uscc", "信用代码少一位", "rectify_review", |xml| {
        map(xml, "Enterprise/Uscc", |old| old[..17].to_owned())
    }),
    form("InspectionRecord/Meetings/Opening/Recording/@digest", "录像摘要不是SHA-256", "insp_record", |xml| {
        let at = xml.find("digest=\"")? + "digest=\"".len();
        Some(format!("{}d41d8cd98f00b204e9800998ecf8427e{}", &xml[..at], &xml[at + 64..]))
    }),
    form("RectifyReview/Header/Attachments/Attachment/@size", "附件没有写大小", "rectify_review", |xml| {
        let digest = "0123456789abcdef".repeat(4);
        let list = format!("    <Attachments>\n      <Attachment name=\"整改照片1.jpg\" digest=\"{digest}\"/>\n    </Attachments>");
        after(xml, "SchemaVersion", &list)
    }),
    form("InquiryRecord/Header/DocumentNumber", "询问笔录多写了文书编号", "inquiry_record", |xml| {
        after(xml, "Kind", "    <DocumentNumber>（淄）应急询〔2023〕1号</DocumentNumber>")
    }),
];
