//! Invented people: officers, experts, those in charge, and persons met in enterprises.

use super::{codes, random::Random};
use chrono::{Datelike, NaiveDate};

/// An enforcement officer with a certificate. Certificates have eleven digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Officer {
    pub name: &'static str,
    pub certificate: &'static str,
    /// `district` or `town`.
    pub level: &'static str,
    pub user: &'static str,
}

const fn district(name: &'static str, certificate: &'static str, user: &'static str) -> Officer {
    Officer { name, certificate, level: "district", user }
}

const fn town(name: &'static str, certificate: &'static str, user: &'static str) -> Officer {
    Officer { name, certificate, level: "town", user }
}

/// Leader and second officer of each of the three groups, all from the district's brigade.
pub(super) const GROUPS: [[Officer; 2]; 3] = [
    [district("岳明川", "15030200101", "zcyj0101"), district("栾一帆", "15030200102", "zcyj0102")],
    [district("司道成", "15030200103", "zcyj0103"), district("翟若彤", "15030200104", "zcyj0104")],
    [district("国承业", "15030200105", "zcyj0105"), district("蒲思远", "15030200106", "zcyj0106")],
];

/// The backbone officer that each town unit lends, in the order of `enterprises::TOWNS`.
pub(super) const TOWN_OFFICERS: [Officer; 14] = [
    town("邢春雷", "15030200201", "by0201"),
    town("昃文静", "15030200202", "sl0202"),
    town("丰学武", "15030200203", "zl0203"),
    town("巩海洋", "15030200204", "jj0204"),
    town("阚立新", "15030200205", "kl0205"),
    town("车向东", "15030200206", "lz0206"),
    town("穆长青", "15030200207", "xh0207"),
    town("宁芳菲", "15030200208", "lq0208"),
    town("解玉山", "15030200209", "zl0209"),
    town("闫志刚", "15030200210", "lc0210"),
    town("桑红梅", "15030200211", "hs0211"),
    town("边永胜", "15030200212", "sy0212"),
    town("谷大勇", "15030200213", "th0213"),
    town("尚卫国", "15030200214", "kf0214"),
];

/// Head of the brigade's review office.
pub(super) const REVIEWER: &str = "路景行";
/// Deputy head of the bureau, who approves.
pub(super) const APPROVER: &str = "齐怀瑾";
/// Head of the bureau.
pub(super) const DIRECTOR: &str = "袁正峰";
/// Does the legal review; holds the legal qualification.
pub(super) const LEGAL_REVIEWER: &str = "沙知微";
/// Chairs hearings; works on no case.
pub(super) const CHAIR: &str = "景和平";
/// Take part in collective discussion.
pub(super) const MEMBERS: [&str; 3] = ["袁正峰", "齐怀瑾", "沙知微"];
/// Serves documents together with a group's leader.
pub(super) const CLERK: &str = "宿晓楠";

/// Experts: name, employer, field.
pub(super) const EXPERTS: [[&str; 3]; 6] = [
    ["耿维扬", "淄博安泽安全技术服务有限公司", "机械安全"],
    ["逄子墨", "淄博安泽安全技术服务有限公司", "电气安全"],
    ["仝宝坤", "鲁中安全评价有限公司", "粉尘防爆"],
    ["荆海棠", "鲁中安全评价有限公司", "有限空间作业"],
    ["冉启航", "淄博工贸安全协会", "冶金铸造"],
    ["隋广平", "淄博工贸安全协会", "消防与应急"],
];

const SURNAMES: [&str; 24] = [
    "王", "李", "张", "刘", "孙", "赵", "高", "韩", "马", "陈", "杨", "宋", "徐", "于", "周", "郑", "许", "朱", "吕", "曹", "董", "孟",
    "毕", "窦",
];
const MALE: [&str; 20] = [
    "建国", "志强", "洪涛", "立军", "永刚", "学文", "兆海", "传宝", "振华", "宗亮", "克勤", "伟", "峰", "凯", "庆林", "世杰", "玉堂",
    "光明", "德胜", "新民",
];
const FEMALE: [&str; 12] = ["秀英", "丽娟", "爱玲", "敏", "桂芹", "晓燕", "淑芬", "海霞", "雪梅", "婷", "翠萍", "凤云"];

/// The name of a man or woman met in an enterprise.
pub(super) fn name(random: &mut Random, male: bool) -> String {
    let given = if male { random.pick(&MALE) } else { random.pick(&FEMALE) };
    format!("{}{given}", random.pick(&SURNAMES))
}

/// A telephone number in a range that is not in ordinary use.
pub(super) fn phone(random: &mut Random) -> String {
    if random.chance(30) { format!("0533-5000{:03}", random.below(1000)) } else { format!("1990000{:04}", random.below(10_000)) }
}

/// A person as a party or as the one questioned.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub name: String,
    pub male: bool,
    pub birth: NaiveDate,
    pub id_number: String,
    pub home: String,
    pub duty: String,
    pub phone: String,
}

impl Person {
    /// Somebody between 28 and 58 in the year of `today`, with a valid number.
    pub(super) fn invent(random: &mut Random, name: String, male: bool, duty: &str, today: NaiveDate) -> Self {
        let year = today.year() - i32::try_from(random.between(28, 57)).unwrap_or(40);
        let birth = NaiveDate::from_ymd_opt(year, random.between(1, 12), random.between(1, 28)).unwrap_or(today);
        Self {
            id_number: codes::citizen_number(random, birth, male),
            home: format!(
                "山东省淄博市淄川区{}小区{}号楼{}室",
                random.pick(&["般阳", "松龄", "孝妇河", "留仙湖"]),
                random.between(1, 30),
                random.between(101, 602)
            ),
            phone: phone(random),
            duty: duty.to_owned(),
            name,
            male,
            birth,
        }
    }

    /// Full years of age on `day`.
    pub(super) fn age(&self, day: NaiveDate) -> i32 {
        let had_birthday = (day.month(), day.day()) >= (self.birth.month(), self.birth.day());
        day.year() - self.birth.year() - i32::from(!had_birthday)
    }
}
