//! Who is at the other end of the socket.

/// The name that an act goes down in history under: the login name of `uid`, or of whom root acts for.
pub fn operator(uid: u32, on_behalf_of: Option<&str>, passwd: &str) -> String {
    let name = login_name(uid, passwd).unwrap_or_else(|| format!("uid {uid}"));
    match on_behalf_of.filter(|b| uid == 0 && is_login_name(b) && *b != name) {
        Some(person) => format!("{person}（经 {name}）"),
        None => name,
    }
}

/// The account file, or nothing where there is none: the number then stands for the name.
pub fn passwd() -> String {
    std::fs::read_to_string("/etc/passwd").unwrap_or_default()
}

/// Looks a uid up in the text of an account file.
fn login_name(uid: u32, passwd: &str) -> Option<String> {
    let wanted = uid.to_string();
    let mut entries = passwd.lines().map(|line| line.split(':'));
    entries.find_map(|mut fields| {
        let (name, _, number) = (fields.next()?, fields.next()?, fields.next()?);
        (number == wanted && is_login_name(name)).then(|| name.to_owned())
    })
}

fn is_login_name(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nbroken\nzhangwei:x:1000:1000:张伟:/home/zhangwei:/bin/bash\n";

    #[test]
    fn an_operator_is_known_by_login_name() {
        assert_eq!(operator(1000, None, PASSWD), "zhangwei");
        assert_eq!(operator(0, None, PASSWD), "root");
        assert_eq!(operator(77, None, PASSWD), "uid 77");
    }

    #[test]
    fn only_root_can_speak_for_somebody_else() {
        assert_eq!(operator(0, Some("zhangwei"), PASSWD), "zhangwei（经 root）");
        assert_eq!(operator(1000, Some("liming"), PASSWD), "zhangwei");
        assert_eq!(operator(0, Some("a b\u{1b}"), PASSWD), "root");
        assert_eq!(operator(0, Some("root"), PASSWD), "root");
    }
}
