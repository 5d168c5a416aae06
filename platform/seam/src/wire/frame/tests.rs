//! Whatever is written is read back, however the stream is cut; whatever is not a frame is refused without harm.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{Call, Criticality, ModuleName, Principal, Trace};

const LARGEST: usize = 64 * 1024;

fn calls() -> impl Strategy<Value = Call> {
    let principal = proptest::option::of(("[a-z0-9-]{1,40}", proptest::collection::vec("[a-z]{1,8}", 0..3)));
    let trace =
        (any::<u128>(), any::<u64>(), any::<bool>()).prop_map(|(id, span, sampled)| Trace { id, span, sampled });
    let criticality = prop_oneof![Just(Criticality::Sheddable), Just(Criticality::Normal), Just(Criticality::Critical)];
    (
        proptest::option::of(0_u64..100_000_000),
        trace,
        principal,
        criticality,
        proptest::option::of(".{0,40}"),
        any::<u8>(),
    )
        .prop_map(|(within, trace, principal, criticality, key, attempt)| {
            let caller = ModuleName::new("storefront");
            let mut call = match within {
                Some(within) => Call::new(caller, Duration::from_millis(within)),
                None => Call::without_deadline(caller),
            };
            call = call.traced(trace).with_criticality(criticality).with_attempt(attempt);
            if let Some((subject, roles)) = principal {
                call = call.on_behalf_of(Arc::new(Principal { subject, roles }));
            }
            match key {
                Some(key) => call.with_idempotency_key(key.into()),
                None => call,
            }
        })
}

/// Feeds `stream` in pieces as long as `lengths` says, over and over.
fn cut_in_pieces(stream: &[u8], lengths: &[usize]) -> Vec<Frame> {
    let mut cut = Cut::new(LARGEST);
    let (mut frames, mut rest, mut lengths) = (Vec::new(), stream, lengths.iter().cycle());
    while !rest.is_empty() {
        let (piece, after) = rest.split_at((*lengths.next().unwrap()).min(rest.len()));
        cut.feed(Bytes::copy_from_slice(piece));
        while let Some(frame) = cut.frame().unwrap() {
            frames.push(frame);
        }
        rest = after;
    }
    frames
}

proptest! {
    #[test]
    fn calls_are_read_as_they_were_written(
        calls in proptest::collection::vec((calls(), any::<u32>(), any::<u32>(), any::<bool>(), ".{0,300}"), 1..8),
        lengths in proptest::collection::vec(1_usize..200, 1..8),
    ) {
        let mut stream = Vec::new();
        for (call, number, method, binary, arguments) in &calls {
            let codec = if *binary { Codec::Binary } else { Codec::Json };
            write_call(*number, *method, codec, 3, call, arguments, &mut stream).unwrap();
        }
        let frames = cut_in_pieces(&stream, &lengths);
        prop_assert_eq!(frames.len(), calls.len());
        for (frame, (call, number, method, binary, arguments)) in frames.into_iter().zip(&calls) {
            prop_assert_eq!(frame.kind, Some(FrameKind::Call));
            let read = CallFrame::read(frame.fields).unwrap();
            prop_assert_eq!((read.number, read.method, read.caller), (*number, *method, 3));
            prop_assert_eq!(read.codec == Codec::Binary, *binary);
            prop_assert_eq!(&read.codec.decode::<String>(&read.arguments).unwrap(), arguments);
            let seen = read.call(call.caller());
            prop_assert_eq!(seen.trace(), call.trace());
            prop_assert_eq!(seen.principal(), call.principal());
            prop_assert_eq!(seen.criticality(), call.criticality());
            prop_assert_eq!(seen.idempotency_key(), call.idempotency_key());
            prop_assert_eq!(seen.attempt(), call.attempt());
            match (call.deadline().left(), seen.deadline().left()) {
                (Some(left), Some(seen)) => prop_assert!(seen <= left + Duration::from_millis(100)),
                (left, seen) => prop_assert_eq!(left, seen),
            }
        }
    }

    #[test]
    fn answers_are_read_as_they_were_written(
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 1..8),
        lengths in proptest::collection::vec(1_usize..200, 1..8),
    ) {
        let mut stream = BytesMut::new();
        for (number, body) in bodies.iter().enumerate() {
            write_answer(number as u32, ReplyKind::Refusal, Codec::Json, body, &mut stream);
        }
        let frames = cut_in_pieces(&stream, &lengths);
        prop_assert_eq!(frames.len(), bodies.len());
        for (number, (mut frame, body)) in frames.into_iter().zip(&bodies).enumerate() {
            prop_assert_eq!(frame.kind, Some(FrameKind::Answer));
            prop_assert_eq!(read_call_number(&mut frame.fields), Some(number as u32));
            let reply = read_answer(frame.fields).unwrap();
            prop_assert_eq!((reply.kind, reply.codec, &reply.body[..]), (ReplyKind::Refusal, Codec::Json, &body[..]));
        }
    }

    #[test]
    fn noise_never_panics(noise in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut cut = Cut::new(LARGEST);
        cut.feed(Bytes::from(noise));
        while let Ok(Some(mut frame)) = cut.frame() {
            let _ = CallFrame::read(frame.fields.clone());
            if read_call_number(&mut frame.fields).is_some() {
                let _ = read_answer(frame.fields);
            }
        }
    }
}

#[test]
fn a_length_above_the_bound_is_refused_before_its_bytes_come() {
    let mut cut = Cut::new(LARGEST);
    cut.feed(Bytes::copy_from_slice(&u32::MAX.to_le_bytes()));
    assert!(cut.frame().is_err());
}

#[test]
fn a_frame_of_an_unknown_kind_is_passed_on_as_such() {
    let mut cut = Cut::new(LARGEST);
    cut.feed(Bytes::from_static(&[2, 0, 0, 0, 99, 7]));
    assert_eq!(cut.frame().unwrap(), Some(Frame { kind: None, fields: Bytes::from_static(&[7]) }));
}

#[test]
fn a_frame_without_even_a_kind_is_passed_over() {
    let mut cut = Cut::new(LARGEST);
    cut.feed(Bytes::from_static(&[0, 0, 0, 0]));
    assert_eq!(cut.frame().unwrap(), Some(Frame { kind: None, fields: Bytes::new() }));
}

#[test]
fn time_that_passed_before_sending_is_taken_off() {
    let call = Call::new(ModuleName::new("storefront"), Duration::from_secs(60));
    let mut frame = Vec::new();
    write_call(0, 0, Codec::Binary, 0, &call, &(), &mut frame).unwrap();
    patch_time_left(&mut frame, call.clone().within(Duration::from_secs(1)).deadline());
    let read = CallFrame::read(Bytes::from(frame).slice(HEAD..)).unwrap();
    assert!(read.deadline.left().unwrap() <= Duration::from_secs(1));
}
