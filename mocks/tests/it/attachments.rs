//! tus 1.0.0 (contract §7).

use sha2::{Digest as _, Sha256};

use dangri_mocks::Setup;

use crate::harness::{Ask, Desk, Paper, Reply, hex, setup};

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().chain([0, 0].iter()).take(3).fold(0_u32, |acc, b| acc << 8 | u32::from(*b));
        for (i, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            out.push(if i <= chunk.len() { char::from(DIGITS[(n >> shift & 63) as usize]) } else { '=' });
        }
    }
    out
}

fn metadata(submission: &str, digest: &str) -> String {
    let pair = |n: &str, v: &str| format!("{n} {}", base64(v.as_bytes()));
    [pair("submission-id", submission), pair("filename", "照片.jpg"), pair("digest", digest)].join(",")
}

fn create(length: usize, submission: &str, digest: &str) -> Ask {
    tus("POST", "/attachments").with("Upload-Length", &length.to_string()).with("Upload-Metadata", &metadata(submission, digest))
}

fn tus(method: &'static str, path: &str) -> Ask {
    Ask::new(method, path).with("Tus-Resumable", "1.0.0")
}

fn patch(path: &str, offset: usize, body: &[u8]) -> Ask {
    tus("PATCH", path).with("Content-Type", "application/offset+octet-stream").with("Upload-Offset", &offset.to_string()).body(body)
}

fn place(reply: &Reply) -> String {
    assert_eq!(reply.status, 201, "{}{}", reply.head, reply.body);
    let location = reply.header("location").unwrap();
    location[location.find("/attachments").unwrap()..].to_owned()
}

#[tokio::test]
async fn a_document_waits_in_checking_until_its_attachments_are_complete() {
    let mut desk = Desk::open(setup()).await;
    let photo = b"a photograph of a fire door that does not close".as_slice();
    let digest = hex(&Sha256::digest(photo));
    let inside = format!("<Header><Attachments><Attachment name=\"照片.jpg\" digest=\"{digest}\" size=\"47\"/></Attachments></Header>");
    let paper = Paper::of("insp_record", Some("（兰）应急检记〔2023〕1号"), "InspectionRecord", &inside);
    desk.put(&paper).await;
    assert_eq!(desk.look_up(&paper).await.states(), ["checking"]);
    let path = place(&desk.call(create(photo.len(), &paper.id(), &digest)).await.unwrap());
    let first = desk.call(patch(&path, 0, &photo[..10])).await.unwrap();
    assert_eq!((first.status, first.header("upload-offset")), (204, Some("10")));
    assert!(first.header("upload-expires").is_some());
    let head = desk.call(tus("HEAD", &path)).await.unwrap();
    assert_eq!((head.status, head.header("upload-offset"), head.header("upload-length")), (200, Some("10"), Some("47")));
    assert_eq!(desk.call(patch(&path, 0, photo)).await.unwrap().status, 409, "another offset");
    assert_eq!(desk.look_up(&paper).await.states(), ["checking"]);
    assert_eq!(desk.call(patch(&path, 10, &photo[10..])).await.unwrap().status, 204);
    assert_eq!(desk.look_up(&paper).await.states(), ["entered"]);
}

#[tokio::test]
async fn an_upload_may_come_before_the_put() {
    let mut desk = Desk::open(setup()).await;
    let digest = hex(&Sha256::digest(b"x"));
    let inside = format!("<Attachment digest=\"{digest}\"/>");
    let paper = Paper::of("insp_record", Some("（兰）应急检记〔2023〕1号"), "InspectionRecord", &inside);
    let path = place(&desk.call(create(1, &paper.id(), &digest)).await.unwrap());
    assert_eq!(desk.call(patch(&path, 0, b"x")).await.unwrap().status, 204);
    desk.put(&paper).await;
    assert_eq!(desk.look_up(&paper).await.states(), ["entered"]);
    let patient = Paper::of("insp_record", Some("（兰）应急检记〔2023〕2号"), "InspectionRecord", &inside);
    let mut careless = Desk::open(Setup { wait_for_attachments: false, ..setup() }).await;
    careless.put(&patient).await;
    assert_eq!(careless.look_up(&patient).await.states(), ["entered"], "a setup that does not wait");
}

#[tokio::test]
async fn checksums_guard_each_piece_and_the_digest_the_whole() {
    let mut desk = Desk::open(setup()).await;
    let id = "a".repeat(32);
    let path = place(&desk.call(create(6, &id, &hex(&Sha256::digest(b"abcdef")))).await.unwrap());
    let sha1 = [0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d];
    let good = patch(&path, 0, b"abc").with("Upload-Checksum", &format!("sha1 {}", base64(&sha1)));
    assert_eq!(desk.call(good).await.unwrap().status, 204);
    let bad = patch(&path, 3, b"dex").with("Upload-Checksum", &format!("sha256 {}", base64(&Sha256::digest(b"def"))));
    assert_eq!(desk.call(bad).await.unwrap().status, 460);
    assert_eq!(desk.call(tus("HEAD", &path)).await.unwrap().header("upload-offset"), Some("3"), "the piece was not kept");
    assert_eq!(desk.call(patch(&path, 3, b"def").with("Upload-Checksum", "md5 AAAA")).await.unwrap().code(), "01");
    assert_eq!(desk.call(patch(&path, 3, b"dex")).await.unwrap().status, 460, "the whole is not what was promised");
    assert_eq!(desk.call(tus("HEAD", &path)).await.unwrap().status, 410, "and it is removed");
}

#[tokio::test]
async fn uploads_expire_and_end() {
    let mut desk = Desk::open(setup()).await;
    let digest = hex(&Sha256::digest(b"abc"));
    let one = place(&desk.call(create(3, &"a".repeat(32), &digest)).await.unwrap());
    assert_eq!(desk.call(tus("DELETE", &one)).await.unwrap().status, 204);
    assert_eq!(desk.call(tus("HEAD", &one)).await.unwrap().status, 410);
    let two = place(&desk.call(create(3, &"a".repeat(32), &digest)).await.unwrap());
    desk.pass(86_400);
    desk.log_in().await;
    assert_eq!(desk.call(patch(&two, 0, b"abc")).await.unwrap().status, 410);
    assert_eq!(desk.call(tus("HEAD", "/attachments/nothing")).await.unwrap().status, 404);
}

#[tokio::test]
async fn the_protocol_is_announced_and_insisted_on() {
    let mut desk = Desk::open(setup()).await;
    let options = desk.raw(Ask::new("OPTIONS", "/attachments").without("X-Request-Id")).await.unwrap();
    assert_eq!((options.status, options.header("tus-version")), (204, Some("1.0.0")));
    assert_eq!(options.header("tus-extension"), Some("creation,checksum,expiration,termination"));
    assert_eq!(options.header("tus-checksum-algorithm"), Some("sha1,sha256"));
    let digest = "0".repeat(64);
    let old = create(3, &"a".repeat(32), &digest).with("Tus-Resumable", "0.2.2");
    assert_eq!(desk.call(old).await.unwrap().status, 412);
    let ask = create(3, &"a".repeat(32), &digest);
    assert_eq!(desk.raw(ask).await.unwrap().code(), "02");
    for bad in [
        create(3, "not an id", &digest),
        create(3, &"a".repeat(32), "x"),
        create(3, &"a".repeat(32), &digest).without("Upload-Length"),
        create(3, &"a".repeat(32), &digest).with("Upload-Metadata", "filename !!"),
        create(3, &"a".repeat(32), &digest).without("X-Request-Id"),
    ] {
        assert_eq!(desk.call(bad).await.unwrap().code(), "01");
    }
    let path = place(&desk.call(create(3, &"a".repeat(32), &digest)).await.unwrap());
    assert_eq!(desk.call(patch(&path, 0, b"abc").with("Content-Type", "text/plain")).await.unwrap().status, 415);
    assert_eq!(desk.call(patch(&path, 0, b"abcd")).await.unwrap().status, 413);
}
