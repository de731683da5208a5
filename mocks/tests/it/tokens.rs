//! `/token` and what a token is good for (contract §2).

use dangri_mocks::{Account, Action, Endpoint, Platform, Rule, Setup, SignAlgorithm};

use crate::harness::{APP, Ask, Desk, SECRET, setup};

#[tokio::test]
async fn both_algorithms_open_the_door() {
    let mut desk = Desk::open(setup()).await;
    let form = desk.form(SignAlgorithm::HmacSm3);
    let reply = desk.token_call(&form).await;
    assert_eq!((reply.code(), reply.between("<ExpiresIn>", "</ExpiresIn>")), ("00", Some("7200")));
    let account = Account::new(APP, SECRET).signing_with(SignAlgorithm::HmacSm3);
    let platform = Platform::start(Setup { accounts: vec![account], ..setup() }).await.unwrap();
    let mut strict = desk;
    strict.platform = platform;
    strict.hang_up();
    let wrong = strict.form(SignAlgorithm::HmacSha256);
    assert_eq!(strict.token_call(&wrong).await.code(), "02", "an account may be bound to one");
}

#[tokio::test]
async fn a_missing_or_unknown_field_is_01_and_does_not_count_towards_the_lock() {
    let mut desk = Desk::open(setup()).await;
    let good = desk.form(SignAlgorithm::HmacSha256);
    for bad in [
        good.replace("app_id=demo-app&", ""),
        format!("{good}&extra=1"),
        format!("{good}&alg=md5"),
        good.replace("nonce=", "nonce=a&nonce="),
        "app_id=demo-app&timestamp=1&nonce=short&sign=00".into(),
        good.replace("timestamp=", "timestamp=-"),
    ] {
        let reply = desk.token_call(&bad).await;
        assert_eq!((reply.status, reply.code()), (400, "01"), "{bad}");
    }
    assert_eq!(desk.token_call(&good).await.code(), "00");
}

#[tokio::test]
async fn a_nonce_serves_once_in_600_seconds() {
    let mut desk = Desk::open(setup()).await;
    let form = desk.form(SignAlgorithm::HmacSha256);
    assert_eq!(desk.token_call(&form).await.code(), "00");
    let again = desk.token_call(&form).await;
    assert_eq!((again.status, again.code()), (401, "02"));
    desk.pass(301);
    assert_eq!(desk.token_call(&form).await.code(), "02", "now its clock is off by more than 300 s as well");
}

#[tokio::test]
async fn a_clock_may_be_off_by_300_seconds_and_no_more() {
    let mut desk = Desk::open(setup()).await;
    let form = desk.form(SignAlgorithm::HmacSha256);
    desk.pass(300);
    assert_eq!(desk.token_call(&form).await.code(), "00");
    let form = desk.form(SignAlgorithm::HmacSha256);
    desk.pass(301);
    assert_eq!(desk.token_call(&form).await.code(), "02");
}

#[tokio::test]
async fn five_refusals_in_a_row_lock_the_account_until_a_person_unlocks_it() {
    let mut desk = Desk::open(setup()).await;
    let bad = |desk: &Desk| desk.form(SignAlgorithm::HmacSha256).replace("sign=", "sign=0");
    for _ in 0..4 {
        let form = bad(&desk);
        assert_eq!(desk.token_call(&form).await.code(), "02");
    }
    let good = desk.form(SignAlgorithm::HmacSha256);
    assert_eq!(desk.token_call(&good).await.code(), "00", "a success resets the count");
    for _ in 0..5 {
        let form = bad(&desk);
        desk.token_call(&form).await;
    }
    let good = desk.form(SignAlgorithm::HmacSha256);
    assert_eq!(desk.token_call(&good).await.code(), "02", "locked");
    assert!(desk.platform.books().accounts()[0].locked);
    desk.pass(86_400);
    let good = desk.form(SignAlgorithm::HmacSha256);
    assert_eq!(desk.token_call(&good).await.code(), "02", "time does not unlock it");
    assert!(desk.platform.unlock(APP));
    let good = desk.form(SignAlgorithm::HmacSha256);
    assert_eq!(desk.token_call(&good).await.code(), "00");
}

#[tokio::test]
async fn expired_and_forgotten_tokens_are_03_and_forged_ones_02() {
    let mut desk = Desk::open(setup()).await;
    assert_eq!(desk.get("/schema").await.code(), "00");
    let first = desk.token.clone();
    desk.log_in().await;
    let ask = Ask::get("/schema").bearer(&first);
    assert_eq!(desk.raw(ask).await.unwrap().code(), "00", "a new token does not end older ones");
    desk.platform.expire_tokens();
    let reply = desk.get("/schema").await;
    assert_eq!((reply.status, reply.code()), (401, "03"));
    desk.log_in().await;
    desk.pass(7199);
    assert_eq!(desk.get("/schema").await.code(), "00");
    desk.pass(1);
    assert_eq!(desk.get("/schema").await.code(), "03");
    for forged in ["x", "", &format!("{}0", first), &first.replace('.', "")] {
        assert_eq!(desk.raw(Ask::get("/schema").bearer(forged)).await.unwrap().code(), "02", "{forged}");
    }
    assert_eq!(desk.raw(Ask::get("/schema")).await.unwrap().code(), "02");
}

#[tokio::test]
async fn a_token_of_another_run_of_the_platform_is_03() {
    let mut desk = Desk::open(setup()).await;
    let old = desk.token.clone();
    desk.platform = Platform::start(setup()).await.unwrap();
    desk.hang_up();
    assert_eq!(desk.raw(Ask::get("/schema").bearer(&old)).await.unwrap().code(), "03");
}

#[tokio::test]
async fn tokens_expire_in_the_middle_of_things_when_told() {
    let mut desk = Desk::open(setup()).await;
    desk.platform.script(Rule::new(Endpoint::Schema, Action::ExpireTokens).nth(2));
    desk.platform.script(Rule::new(Endpoint::Token, Action::TokenLife { seconds: 5 }));
    assert_eq!(desk.get("/schema").await.code(), "00");
    assert_eq!(desk.get("/schema").await.code(), "03");
    desk.log_in().await;
    assert_eq!(desk.get("/schema").await.code(), "00");
    desk.pass(5);
    assert_eq!(desk.get("/schema").await.code(), "03", "the short life that was told");
}
