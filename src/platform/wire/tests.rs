//! Every shape of answer, every way to miss it, and any bytes at all.

use proptest::prelude::*;

use super::*;
use crate::platform::{FeedPage, SightedState};

const ID: &str = "0123456789abcdef0123456789abcdef";
const AT: &str = "2023-04-03T17:20:11+08:00";

fn enclosed(payload: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response xmlns=\"{EXCHANGE}\">\n  <Code>00</Code>\n  <Message>成功</Message>\n  <ServerTime>{AT}</ServerTime>\n  {payload}\n</Response>\n"
    )
}

fn payload_of(payload: &str) -> Payload {
    read(enclosed(payload).as_bytes()).unwrap().payload
}

fn refused(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().0
}

#[test]
fn every_payload_of_the_contract_is_read() {
    let now = Timestamp::parse(AT).unwrap();
    assert_eq!(payload_of(""), Payload::None);
    assert_eq!(
        payload_of("<Token><Value>a.b</Value><ExpiresIn>7200</ExpiresIn></Token>"),
        Payload::Token(Grant { value: "a.b".into(), expires_in: 7_200 })
    );
    assert_eq!(
        payload_of(&format!(
            "<Receipt><SubmissionId>{ID}</SubmissionId><ReceiptNo>R&amp;1</ReceiptNo><ReceivedAt>{AT}</ReceivedAt></Receipt>"
        )),
        Payload::Receipt(ID.parse().unwrap(), Receipt { receipt_no: "R&1".into(), received_at: now })
    );
    let digest = "ab".repeat(32);
    let entered = format!(
        "<Result><SubmissionId>{ID}</SubmissionId><State>entered</State><EntryNo>E1</EntryNo><EnteredAt>{AT}</EnteredAt><Digest>{digest}</Digest></Result>"
    );
    let Payload::Result(sighting) = payload_of(&entered) else { panic!() };
    assert_eq!((sighting.state, sighting.entered_at), (SightedState::Entered, Some(now)));
    assert_eq!(sighting.digest.unwrap().to_string(), digest);
    let returned = format!(
        "<Result><SubmissionId>{ID}</SubmissionId><State>returned</State><Errors><Error code=\"E1\" path=\"/d:A/d:B\" line=\"14\"><Message>错</Message></Error><Error code=\"E2\"><Message>也错</Message></Error></Errors></Result>"
    );
    let Payload::Results(page) = payload_of(&format!("<Results next=\"c7\" more=\"true\">{entered}{returned}</Results>")) else { panic!() };
    assert_eq!((page.next.as_str(), page.more, page.sightings.len()), ("c7", true, 2));
    let refusals = &page.sightings[1].refusals;
    assert_eq!((refusals[0].line, refusals[0].path.as_deref()), (Some(14), Some("/d:A/d:B")));
    assert_eq!((refusals[1].line, refusals[1].message.as_str()), (None, "也错"));
    assert_eq!(payload_of("<Results/>"), Payload::Results(FeedPage::default()));
    let Payload::Schema(schema) =
        payload_of("<Schema version=\"2023.1\" effective-from=\"2023-01-01\" digest=\"ff\" accepts=\"2023.1 2022.4\"/>")
    else {
        panic!()
    };
    assert_eq!(schema.accepts, ["2023.1", "2022.4"]);
    let Payload::Publications(page) = payload_of(&format!(
        "<Publications next=\"\" more=\"false\" complete-to=\"{AT}\"><Publication state=\"withdrawn\" published-at=\"{AT}\" withdrawn-at=\"{AT}\" url=\"http://x/1\"><CF_WSH>（淄）应急罚〔2023〕1号</CF_WSH><CF_NR_FK>1.5</CF_NR_FK></Publication></Publications>"
    )) else {
        panic!()
    };
    assert_eq!(page.complete_to, Some(now));
    assert_eq!(page.publications[0].fields[1], ("CF_NR_FK".to_owned(), "1.5".to_owned()));
}

#[test]
fn another_prefix_a_byte_order_mark_and_character_references_change_nothing() {
    let text = format!(
        "\u{feff}<?xml version='1.0'?><!-- ok --><x:Response xmlns:x='{EXCHANGE}'><x:Code>&#48;&#x30;</x:Code><x:Message><![CDATA[<好>]]></x:Message><x:ServerTime>{AT}</x:ServerTime></x:Response ><!-- end -->"
    );
    let envelope = read(text.as_bytes()).unwrap();
    assert_eq!((envelope.code.as_str(), envelope.message.as_str()), ("00", "<好>"));
}

#[test]
fn whatever_is_not_exactly_a_response_is_no_answer() {
    let good = enclosed("");
    assert!(read(good.as_bytes()).is_ok());
    for bad in [
        String::new(),
        "<html><title>登录</title></html>".into(),
        good.replace(EXCHANGE, "urn:dangri:exchange:2"),
        good.replace(&format!(" xmlns=\"{EXCHANGE}\""), ""),
        good.replace("<Code>", "<Code xmlns=\"urn:other\">"),
        good.replace("Response", "Answer"),
        good.replace("<Code>00</Code>", ""),
        good.replace("<Code>00</Code>", "<Code>00</Code><Code>00</Code>"),
        good.replace("<Code>00</Code>", "<Code> 00 </Code>"),
        good.replace("<Code>00</Code>", "<Code/>"),
        good.replace("<Code>00</Code>", "<Code><b>00</b></Code>"),
        good.replace("<Code>00</Code>", "<Code kind=\"x\">00</Code>"),
        good.replace("<Message>成功</Message>", ""),
        good.replace(AT, "gestern"),
        good.replace("成功", "&chengong;"),
        good.replace("成功", "&#0;"),
        good.replace("成功", "\u{1}"),
        good.replace("成功", "]]>"),
        good.replace("UTF-8", "GBK"),
        good.replace("?>\n", "?><!DOCTYPE Response [<!ENTITY a \"b\">]>\n"),
        good.replace("?>\n", "?><?run it?>\n"),
        format!("{good}{good}"),
        format!("{good}x"),
        format!(" {good}"),
        good.replace("</Response>", ""),
        good.replace("</Response>", "</Answer>"),
        enclosed("text"),
        enclosed("<Unknown/>"),
        enclosed("<Results/><Results/>"),
        enclosed("<Results next=\"a\"more=\"true\"/>"),
        enclosed("<Results next=\"a\" next=\"b\"/>"),
        enclosed("<Results next=\"<\"/>"),
        enclosed("<Results more=\"yes\"/>"),
        enclosed("<Results page=\"1\"/>"),
        enclosed(&format!("<Receipt><ReceiptNo>R</ReceiptNo><SubmissionId>{ID}</SubmissionId><ReceivedAt>{AT}</ReceivedAt></Receipt>")),
        enclosed(&format!(
            "<Receipt><SubmissionId>{}</SubmissionId><ReceiptNo>R</ReceiptNo><ReceivedAt>{AT}</ReceivedAt></Receipt>",
            ID.to_uppercase()
        )),
        enclosed(&format!("<Result><SubmissionId>{ID}</SubmissionId><State>done</State></Result>")),
        enclosed(&format!("<Result><SubmissionId>{ID}</SubmissionId><State>entered</State></Result>")),
        enclosed("<Token><Value>a b</Value><ExpiresIn>7200</ExpiresIn></Token>"),
        enclosed("<Token><Value>a</Value><ExpiresIn>-1</ExpiresIn></Token>"),
        enclosed("<Token><Value>a</Value><ExpiresIn>+1</ExpiresIn></Token>"),
    ] {
        assert!(!refused(&bad).is_empty());
    }
    let mut bytes = good.into_bytes();
    let at = bytes.len() / 2;
    bytes[at] = 0xff;
    assert!(read(&bytes).is_err());
}

#[test]
fn an_answer_cut_anywhere_is_no_answer() {
    let whole = enclosed(&format!("<Result><SubmissionId>{ID}</SubmissionId><State>received</State></Result>"));
    let whole = whole.trim_end();
    for end in 0..whole.len() {
        assert!(read(&whole.as_bytes()[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_platform_that_says_too_much_is_cut_short() {
    let error = format!("<Error code=\"E\"><Message>{}</Message></Error>", "错".repeat(5_000));
    let Payload::Errors(refusals) = payload_of(&format!("<Errors>{}</Errors>", error.repeat(300))) else { panic!() };
    assert_eq!(refusals.len(), MOST_REFUSALS);
    assert_eq!(refusals[0].message.chars().count(), MOST_WORDS);
}

#[test]
fn two_hundred_thousand_open_elements_are_refused_and_not_climbed() {
    let deep = enclosed(&"<Results>".repeat(200_000));
    assert!(read(deep.as_bytes()).is_err());
}

/// Pieces that make near misses likely.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        Just(enclosed("")),
        Just(format!("<Response xmlns=\"{EXCHANGE}\">")),
        Just("</Response>".to_owned()),
        Just("<Code>00</Code><Message/>".to_owned()),
        Just(format!("<ServerTime>{AT}</ServerTime>")),
        Just("<Results next=\"\" more=\"".to_owned()),
        Just("<![CDATA[".to_owned()),
        Just("<!--".to_owned()),
        Just("&#x".to_owned()),
        Just("xmlns:".to_owned()),
        "[<>/&;\"'=! \\-\\[\\]?:a-zA-Z0-9\\PC]{0,12}",
    ];
    prop::collection::vec(scrap, 0..12).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        drop(read(&bytes));
    }

    #[test]
    fn no_scraps_of_an_answer_make_it_panic(text in scraps()) {
        drop(read(text.as_bytes()));
    }

    #[test]
    fn one_changed_byte_makes_it_another_answer_or_none_but_never_a_panic(at in 0_usize..400, to: u8) {
        let mut bytes = enclosed(&format!("<Result><SubmissionId>{ID}</SubmissionId><State>received</State></Result>")).into_bytes();
        let at = at % bytes.len();
        bytes[at] = to;
        drop(read(&bytes));
    }

    #[test]
    fn any_words_survive_the_way_into_a_head(number in "\\PC{0,40}") {
        let text = format!("<N xmlns=\"{EXCHANGE}\">{}</N>", quick_xml::escape::escape(number.as_str()));
        prop_assume!(cursor::Cursor::over(&text).is_ok());
        prop_assert_eq!(cursor::Cursor::over(&text).unwrap().text("N").unwrap(), number);
    }
}

#[test]
fn characters_that_xml_forbids_make_no_answer_wherever_they_stand() {
    let long = "公示（，）".repeat(2_000);
    for odd in ['\0', '\u{b}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
        for text in [format!("<Code>{odd}"), format!("{long}{odd}"), format!("{odd}{long}")] {
            assert!(cursor::Cursor::over(&text).is_err(), "{odd:?}");
        }
    }
    for fine in ['\t', '\r', '\u{7f}', '\u{fffd}', '\u{feff}', '￥', '\u{10ffff}'] {
        assert!(cursor::Cursor::over(&format!("{long}{fine}")).is_ok(), "{fine:?}");
    }
}
