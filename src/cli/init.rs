//! `dangri init`: places the marker that proves the watched folder to be there.

use std::io::{self, Write};

use crate::{config, watch::marker};

/// Places the marker in the folder that `file` names, and says what comes next; with `dry_run` only says what it would. Answers the exit code.
///
/// # Errors
/// Those of the writer.
pub fn run(file: &std::path::Path, dry_run: bool, to: &mut dyn Write) -> io::Result<u8> {
    let config = match config::read(file) {
        Ok(config) => config,
        Err(problems) => {
            problems.print(file, to)?;
            return Ok(2);
        }
    };
    let folder = &config.folder;
    if dry_run && folder.path.is_dir() {
        writeln!(to, "会在 {} 放目录标记 {}。", folder.path.display(), folder.marker)?;
        writeln!(to, "{}", super::REHEARSED)?;
        return Ok(0);
    }
    let placed = if dry_run { Err(io::ErrorKind::NotFound.into()) } else { marker::place(&folder.path, &folder.marker) };
    match placed {
        Ok(()) => {
            writeln!(to, "已在 {} 放好目录标记 {}。", folder.path.display(), folder.marker)?;
            writeln!(to, "请勿删除、移动或复制这个文件：它不见了，程序就认为共享目录没有挂载，会停止收件并提示。")?;
            writeln!(to, "下一步：dangri config check，然后启动 dangri run（或 systemctl start dangri）。")?;
            Ok(0)
        }
        Err(error) => {
            let why = match error.kind() {
                io::ErrorKind::NotFound => "没有这个目录".to_owned(),
                io::ErrorKind::PermissionDenied => "没有写入的权限".to_owned(),
                io::ErrorKind::ReadOnlyFilesystem => "目录是只读的".to_owned(),
                _ => format!("写不进去（{error}）"),
            };
            writeln!(to, "没有放成：{}：{why}。", folder.path.display())?;
            writeln!(to, "请先确认目录存在、共享已经挂载，并用对该目录有写权限的用户运行。")?;
            Ok(1)
        }
    }
}
