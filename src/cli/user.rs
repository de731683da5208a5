//! `dangri user`: the console's users. A password never stands among the arguments, where every process could read it.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::{
    envelope,
    people_args::{AddArgs, NameArgs, UserCommand},
    place::Place,
    terminal::Terminal,
};
use crate::{
    clock::{Clock as _, SystemClock},
    control::{Answer, Ask, AskError, client::PATIENT, people::UsersAsk},
    status::{Exit, Problem, text::Colour, words},
    users::{Password, Shown},
};

const SCHEMA: &str = "dangri.user/1";
/// The longest line that is read as a password, in bytes.
const LONGEST: u64 = 4_096;

/// Adds, lists, changes.
pub(super) fn run(command: UserCommand, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    match command {
        UserCommand::List(args) => told(UsersAsk::List, "", args.json, place, to),
        UserCommand::Add(AddArgs { name, roles, json }) => with_password(&name, json, to, |password, to| {
            let ask = UsersAsk::Add { name: name.clone(), roles: roles.iter().copied().collect(), password };
            told(ask, "已添加", json, place, to)
        }),
        UserCommand::Passwd(NameArgs { name, json }) => with_password(&name, json, to, |password, to| {
            told(UsersAsk::SetPassword { name: name.clone(), password }, "口令已改，已登录的要重新登录", json, place, to)
        }),
        UserCommand::Lock(NameArgs { name, json }) => told(UsersAsk::Lock { name, locked: true }, "已停用", json, place, to),
        UserCommand::Unlock(NameArgs { name, json }) => told(UsersAsk::Lock { name, locked: false }, "已恢复", json, place, to),
    }
}

fn told(ask: UsersAsk, done: &str, json: bool, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let mut users = Vec::new();
    let asked = place.ask(Ask::Users(ask), PATIENT, |answer| {
        if let Answer::User(user) = answer {
            users.push(user);
        }
        Ok(())
    });
    let now = SystemClock.now();
    match asked {
        Ok(()) => {}
        Err(AskError::Output(error)) => return Err(error),
        Err(error) => return envelope::failure(to, json, SCHEMA, now, &error.problem()),
    }
    if json {
        envelope::write(to, SCHEMA, now, Exit::Well, Some(&users), &[])?;
        return Ok(Exit::Well);
    }
    if users.is_empty() {
        writeln!(to.out, "还没有用户。用 dangri user add 用户名 --role 经办员 添加第一个。")?;
    }
    for user in &users {
        writeln!(to.out, "{}", line(user, to))?;
    }
    if !done.is_empty() {
        writeln!(to.out, "✔ {done}")?;
    }
    Ok(Exit::Well)
}

fn line(user: &Shown, to: &Terminal<'_>) -> String {
    let stands = match &user.locked {
        Some((since, by)) => to.style.paint(Colour::Red, &format!("停用（{} 由 {}）", words::full(*since), words::plain(by))),
        None => to.style.paint(Colour::Green, "正常"),
    };
    let name = words::pad(&words::plain(&user.name), 16);
    format!("{name}  {}  {stands}  {} 由 {} 添加", words::pad(&user.label, 16), words::full(user.added), words::plain(&user.added_by))
}

fn with_password(
    name: &str,
    json: bool,
    to: &mut Terminal<'_>,
    go_on: impl FnOnce(Password, &mut Terminal<'_>) -> io::Result<Exit>,
) -> io::Result<Exit> {
    let refused = |why: &str, fix: &str| Problem::new(Exit::Usage, 13, why, fix);
    let problem = match typed(name, to)? {
        Typed::Once(typed) => match typed.weakness(name) {
            Some(weakness) => refused(weakness, "换一个口令再试；什么都没有改动"),
            None => return go_on(typed, to),
        },
        Typed::Differently => refused("两次输入不一样", "请再试一次"),
        Typed::Nothing => refused("没有输入口令", "在终端里输入，或从标准输入给一行"),
    };
    envelope::failure(to, json, SCHEMA, SystemClock.now(), &problem)
}

/// What was typed.
enum Typed {
    Once(Password),
    Differently,
    Nothing,
}

/// Twice and unseen at a terminal; else the first line.
fn typed(name: &str, to: &mut Terminal<'_>) -> io::Result<Typed> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        let mut line = String::new();
        stdin.lock().take(LONGEST).read_line(&mut line)?;
        let line = line.trim_end_matches(['\r', '\n']);
        return Ok(if line.is_empty() { Typed::Nothing } else { Typed::Once(Password::new(line)) });
    }
    let mut ask = |prompt: &str| {
        write!(to.err, "{prompt}")?;
        to.err.flush()?;
        let line = unseen();
        writeln!(to.err)?;
        line
    };
    let Some(first) = ask(&format!("{name} 的口令（输入时不显示）："))?.filter(|line| !line.is_empty()) else {
        return Ok(Typed::Nothing);
    };
    match ask("再输入一次：")? {
        Some(second) if second == first => Ok(Typed::Once(Password::new(first))),
        Some(_) => Ok(Typed::Differently),
        None => Ok(Typed::Nothing),
    }
}

/// A line that is not shown; `None` when it was broken off. The terminal is left as it was found, whatever is typed: it sends no signals
/// meanwhile, Ctrl-C is read as a letter.
fn unseen() -> io::Result<Option<String>> {
    let terminal = io::stdin();
    let found = tcgetattr(&terminal)?;
    let mut quiet = found.clone();
    quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    tcsetattr(&terminal, OptionalActions::Flush, &quiet)?;
    let line = letters(terminal.lock().bytes());
    tcsetattr(&terminal, OptionalActions::Now, &found)?;
    line
}

fn letters(bytes: impl Iterator<Item = io::Result<u8>>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    for byte in bytes {
        match byte? {
            b'\r' | b'\n' => return Ok(Some(String::from_utf8_lossy(&line).into_owned())),
            // Ctrl-C, Ctrl-D.
            3 | 4 => return Ok(None),
            // Backspace takes a whole character.
            8 | 127 => while line.pop().is_some_and(|byte: u8| byte & 0xC0 == 0x80) {},
            byte if line.len() < 1_024 => line.push(byte),
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Option<String> {
        letters(typed.bytes().map(Ok)).unwrap()
    }

    #[test]
    fn an_unseen_line_can_be_mended_and_broken_off() {
        assert_eq!(read("abc\n").as_deref(), Some("abc"));
        assert_eq!(read("口令x\u{7f}\u{7f}x\r").as_deref(), Some("口x"));
        assert_eq!(read("abc\u{3}\n"), None);
        assert_eq!(read("abc"), None);
    }
}
