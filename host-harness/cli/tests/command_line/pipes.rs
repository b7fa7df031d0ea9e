use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::{POLICY, file, push, start};

/// Longer than any answer takes, and still an end.
const TIME_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn answers_are_not_held_back_while_the_input_waits() {
    let mut child = start(&["decide", &file("waits.json", POLICY)]);
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, answers) = mpsc::channel();
    let reader = thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
    for number in 0..3 {
        writeln!(input, "{}", push("prod/app", &format!("v{number}"), "absent")).unwrap();
        let answer = answers.recv_timeout(TIME_LIMIT).expect("the answer comes while the input is open");
        assert!(answer.contains(&format!(r#""tag":"v{number}""#)), "{answer}");
    }
    drop(input);
    reader.join().unwrap().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_leaves_ends_the_command_in_silence() {
    for arguments in [&["decide"][..], &["decide", "--format", "text"]] {
        let mut child = start(&[arguments, &[&file("leaves.json", POLICY)]].concat());
        let mut input = child.stdin.take().unwrap();
        let writer = thread::spawn(move || {
            let event = push("prod/app", "v1", "absent") + "\n";
            while input.write_all(event.as_bytes()).is_ok() {}
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        assert!(line.contains("first-push"), "{line}");
        assert_eq!((output.status.code(), output.stderr), (Some(141), vec![]), "{arguments:?}");
    }
}

/// Most bytes of memory that a process has had.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("the kernel reports it");
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[test]
#[cfg(target_os = "linux")]
fn many_events_need_no_more_memory_than_some() {
    const SOME: usize = 20_000;
    let mut child = start(&["decide", &file("many.json", POLICY)]);
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut peaks = Vec::new();
    let events: String = (0..SOME).map(|number| push("prod/app", &format!("v{number}"), "absent") + "\n").collect();
    for _ in 0..10 {
        thread::scope(|scope| {
            let writer = scope.spawn(|| input.write_all(events.as_bytes()));
            let answers = output.by_ref().lines().take(SOME).filter(|line| line.is_ok()).count();
            assert_eq!(answers, SOME);
            writer.join().unwrap().unwrap();
        });
        peaks.push(peak(child.id()));
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // What a second instance of the policy takes may come late.
    assert!(peaks[9] < peaks[0] + (16 << 20), "{peaks:?}");
}
