use super::opening::PERIOD;
use super::*;
use crate::panels;
use crate::pictures::{Slot, Want};
use crate::protocol::{CheckMessage, Reply};
use crate::queue::QueuedRequest;
use crate::samples;
use crate::worker::Worker;
use model::card::Score;
use pollster::block_on;

/// A page with stand-ins for worker and network.
struct Bench {
    state: State,
    worker: Worker,
    drawn: Vec<Topic>,
    painted: Vec<Slot>,
    fetched: Vec<String>,
    /// Result of loading a model on the GPU, for which the worker stands in.
    gpu: Result<(), String>,
}

impl Bench {
    fn new() -> Self {
        Self::with_gpu(Err("there is none".into()))
    }

    fn with_gpu(gpu: Result<(), String>) -> Self {
        let (state, worker) = (State::new(false), Worker::default());
        let mut bench = Self { state, worker, drawn: vec![], painted: vec![], fetched: vec![], gpu };
        bench.send(Event::Answer { ticket: 0, reply: Reply::Ready, bytes: vec![] });
        bench
    }

    fn shown() -> Self {
        let mut bench = Self::new();
        bench.send(Event::Manifest(Ok(entries())));
        bench
    }

    fn on_gpu() -> Self {
        let mut bench = Self::with_gpu(Ok(()));
        bench.send(Event::Manifest(Ok(entries())));
        assert_eq!(bench.state.engine(), Kind::Gpu);
        bench
    }

    /// Sends an event and runs all its effects.
    fn send(&mut self, event: Event) {
        let effects = self.state.update(event);
        self.follow_all(effects);
        loop {
            let effects = self.state.serve(&panels::wants(&self.state));
            if effects.is_empty() {
                return;
            }
            self.follow_all(effects);
        }
    }

    fn follow(&mut self, effect: Effect) {
        self.follow_all(vec![effect]);
    }

    /// Runs effects and everything that follows.
    fn follow_all(&mut self, mut effects: Vec<Effect>) {
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Draw(topic) => self.drawn.push(topic),
                Effect::Paint(slot) => self.painted.push(slot),
                Effect::Animate | Effect::StartCheck { .. } | Effect::StopCheck | Effect::Remember(_) => {}
                Effect::Fetch { side, visit, file } => {
                    let bytes = samples::file(1, 4);
                    self.fetched.push(file);
                    effects.extend(self.state.update(Event::Fetched { side, visit, file: Ok(bytes) }));
                }
                Effect::Prepare { side, visit, .. } => {
                    let outcome = self.gpu.clone();
                    effects.extend(self.state.update(Event::Prepared { side, visit, outcome, pace: 0.1 }));
                }
                Effect::Post(post) | Effect::Compute(post) => {
                    let QueuedRequest { ticket, request, bytes } = post;
                    let (reply, bytes) = block_on(self.worker.answer(request, &bytes));
                    effects.extend(self.state.update(Event::Answer { ticket, reply, bytes }));
                }
            }
        }
    }

    /// Pictures of a slot.
    fn pictures(&self, name: &'static str, side: usize, index: usize) -> &[u8] {
        self.state.pictures.pixels(Slot::new(name, side, index))
    }

    fn live(&self, side: usize) -> &[u8] {
        self.pictures("live", side, 0)
    }

    fn row(&self, side: usize, unit: usize) -> &[u8] {
        self.pictures("row", side, unit)
    }

    fn model(&self, side: usize) -> &Loaded {
        self.state.sides[side].model().expect("the model is loaded")
    }

    fn failure(&self, side: usize) -> &str {
        match &self.state.sides[side].phase {
            Phase::Failed(sentence) => sentence,
            phase => panic!("{phase:?}"),
        }
    }
}

fn entries() -> Vec<Entry> {
    ["vae", "fresh", "sparse"]
        .map(|name| Entry {
            file: format!("{name}.safetensors"),
            name: name.into(),
            title: name.to_uppercase(),
            set: "Sprites".into(),
            bytes: 100,
            strength: None,
            scores: None,
        })
        .into()
}

#[test]
fn the_page_opens_with_the_first_sets_first_and_last_model() {
    let bench = Bench::shown();
    assert_eq!(bench.state.sides.each_ref().map(|side| side.entry), [Some(0), Some(2)]);
}

#[test]
fn a_set_brings_both_sides_its_models_each_by_its_place() {
    let mut bench = Bench::new();
    let another = |set: &str| {
        let mut entries = entries();
        entries.iter_mut().for_each(|entry| entry.set = set.into());
        entries
    };
    let mut offered = another("Sprites");
    offered.extend(another("Chairs").into_iter().take(2));
    bench.send(Event::Manifest(Ok(offered)));
    assert_eq!((bench.state.sets(), bench.state.set()), (vec!["Sprites", "Chairs"], Some(0)));
    bench.send(Event::Set(1));
    assert_eq!(bench.state.sides.each_ref().map(|side| side.entry), [Some(3), Some(4)]);
    assert_eq!(bench.state.set(), Some(1));
    bench.send(Event::Choose { side: 0, entry: 1 });
    assert_eq!(bench.state.set(), None);
    bench.send(Event::Set(1));
    let places = bench.state.sides.each_ref().map(|side| side.entry);
    assert_eq!(places, [Some(4), Some(4)], "who has no like there gets the last");
    bench.send(Event::Set(7));
    assert_eq!(bench.state.set(), Some(1));
}

#[test]
fn a_loaded_model_has_all_its_pictures_and_starts_from_the_scenes_code() {
    let bench = Bench::shown();
    for side in 0..SIDES {
        let model = bench.model(side);
        let (measured, picture) = model.reconstruction.as_ref().expect("the scene was encoded");
        assert_eq!((&model.code, &model.origin), (&measured.mean, &measured.mean));
        assert_eq!(bench.live(side), picture);
        for &unit in model.used() {
            assert_eq!(bench.row(side, unit).len(), COLUMNS * 4096);
        }
        assert!(bench.row(side, 2).is_empty(), "the inactive unit's row is folded away");
    }
}

#[test]
fn turning_a_unit_changes_the_picture_and_a_reset_brings_it_back() {
    let mut bench = Bench::shown();
    let before = bench.live(0).to_vec();
    let origin = bench.model(0).origin[1];
    bench.send(Event::Turn { side: 0, unit: 1, value: origin + 40.0 });
    assert_ne!(bench.live(0), before);
    bench.send(Event::Reset { side: 0, unit: Some(1) });
    assert_eq!(bench.live(0), before);
    bench.send(Event::Turn { side: 0, unit: 99, value: 1.0 });
    bench.send(Event::Turn { side: 0, unit: 1, value: f32::NAN });
    assert_eq!(bench.model(0).code, bench.model(0).origin);
}

#[test]
fn looking_along_a_row_changes_nothing_but_the_live_picture() {
    let mut bench = Bench::shown();
    let (code, live) = (bench.model(1).code.clone(), bench.live(1).to_vec());
    bench.send(Event::Scrub { side: 1, unit: 0, position: 1.0 });
    assert_eq!(bench.model(1).preview, Some(Preview { unit: 0, value: 2.0 }));
    assert_eq!(bench.live(1), &bench.row(1, 0)[(COLUMNS - 1) * 4096..]);
    bench.send(Event::Leave { side: 1 });
    assert_eq!((&bench.model(1).code, bench.live(1)), (&code, &*live));
}

#[test]
fn a_picture_that_is_taken_becomes_the_base_of_its_side() {
    let mut bench = Bench::shown();
    let other = bench.model(0).code.clone();
    let picture = bench.row(1, 1)[3 * 4096..4 * 4096].to_vec();
    bench.send(Event::Take { side: 1, unit: 1, column: 3 });
    assert_eq!(bench.live(1), picture);
    assert_eq!(bench.row(1, 1)[3 * 4096..4 * 4096], picture);
    assert_eq!(bench.model(0).code, other);
}

#[test]
fn a_factor_moves_the_codes_of_both_models() {
    let mut bench = Bench::shown();
    let before = [0, 1].map(|side| bench.model(side).code.clone());
    bench.send(Event::Factor { factor: 3, value: 1.0 });
    for (side, before) in before.iter().enumerate() {
        assert_ne!(&bench.model(side).code, before);
    }
    assert!(bench.drawn.contains(&Topic::Original));
}

#[test]
fn inactive_units_are_decoded_once_they_are_unfolded() {
    let mut bench = Bench::shown();
    bench.send(Event::Unfold(true));
    assert_eq!(bench.row(0, 2).len(), COLUMNS * 4096);
}

#[test]
fn the_opening_moves_both_models_one_factor_after_another_until_a_touch() {
    let mut bench = Bench::shown();
    bench.state.animated = true;
    bench.send(Event::Tick(0.0));
    let units = |bench: &Bench| [0, 1].map(|side| bench.model(side).preview.map(|preview| preview.unit));
    assert_eq!(units(&bench), [Some(0); 2]);
    bench.send(Event::Tick(PERIOD / 4.0));
    assert_ne!(bench.model(0).preview.map(|preview| preview.value), Some(bench.model(0).code[0]));
    assert!(!bench.state.suggests_dragging);
    bench.send(Event::Tick(1.5 * PERIOD));
    assert!(bench.state.suggests_dragging, "it has moved to and fro");
    bench.send(Event::Touch);
    assert!(!bench.state.suggests_dragging);
    assert_eq!(units(&bench), [None; 2]);
    bench.send(Event::Tick(PERIOD / 3.0));
    assert_eq!(units(&bench), [None; 2]);
    bench.send(Event::Play);
    bench.send(Event::Tick(PERIOD));
    assert!(units(&bench)[0].is_some(), "who wants it sees it again");
    bench.send(Event::Play);
    assert_eq!(units(&bench), [None; 2]);
}

#[test]
fn the_opening_waits_for_rows() {
    let mut bench = Bench::shown();
    bench.state.animated = true;
    let slot = Slot::new("row", 0, 0);
    let want = Want { slot, codes: bench.model(0).row_codes(1), rank: 1 };
    bench.state.pictures.forget(0);
    assert!(!bench.state.serve(&[want]).is_empty());
    assert!(bench.state.update(Event::Tick(PERIOD / 2.0)).contains(&Effect::Animate), "it runs");
    assert_eq!(bench.model(0).preview, None);
}

#[test]
fn a_view_asks_for_its_own_pictures_and_no_others() {
    let mut bench = Bench::shown();
    assert!(bench.pictures("sample", 0, 0).is_empty());
    bench.send(Event::View(View::Samples));
    assert_eq!(bench.pictures("sample", 1, SAMPLES - 1).len(), 4096);
    assert!(bench.row(0, 0).is_empty(), "rows are out of sight");
    assert_eq!(bench.live(0).len(), 4096, "the stage is in every view");
    let sample = bench.pictures("sample", 1, 4).to_vec();
    bench.send(Event::TakeSample { side: 1, index: 4 });
    assert_eq!(bench.live(1), sample);
    bench.send(Event::Samples { seed: 5 });
    assert_ne!(bench.pictures("sample", 1, 4), sample);
}

#[test]
fn a_place_whose_rank_changes_shows_the_newest_pictures() {
    let mut bench = Bench::shown();
    let slot = Slot::new("row", 0, 0);
    let want = |unit, rank| Want { slot, codes: bench.model(0).row_codes(unit), rank };
    let (old, new) = (want(1, 7), want(0, 2));
    let expected = bench.row(0, 0).to_vec();
    let busy = bench.state.update(Event::Factor { factor: 3, value: 0.5 });
    bench.state.serve(&[old]);
    bench.state.serve(&[new]);
    for effect in busy {
        bench.follow(effect);
    }
    assert_eq!(bench.row(0, 0), expected);
}

#[test]
fn another_choice_outruns_an_earlier_file() {
    let mut bench = Bench::shown();
    let visit = bench.state.sides[0].visit;
    bench.send(Event::Choose { side: 0, entry: 1 });
    assert_eq!(bench.fetched.last().map(String::as_str), Some("fresh.safetensors"));
    bench.send(Event::Fetched { side: 0, visit, file: Err("the network is gone".into()) });
    assert_eq!(bench.model(0).card.units.len(), 4);
}

#[test]
fn a_failure_names_the_file_and_leaves_the_other_side_alone() {
    let mut bench = Bench::shown();
    let visit = bench.state.sides[0].visit;
    bench.send(Event::Fetched { side: 0, visit, file: Ok(b"nonsense".to_vec()) });
    assert!(bench.failure(0).contains("models/vae.safetensors"), "{}", bench.failure(0));
    bench.send(Event::Turn { side: 0, unit: 0, value: 1.0 });
    bench.send(Event::Turn { side: 1, unit: 0, value: 1.0 });
    assert_eq!(bench.model(1).code[0], 1.0);
}

#[test]
fn on_the_gpu_pictures_are_drawn_from_codes_and_never_asked_of_the_worker() {
    let mut bench = Bench::on_gpu();
    assert!(bench.live(0).is_empty() && bench.row(0, 0).is_empty());
    bench.painted.clear();
    bench.send(Event::Turn { side: 0, unit: 0, value: 1.5 });
    for slot in [Slot::live(0), Slot::new("row", 0, 1)] {
        assert!(bench.painted.contains(&slot), "{slot}");
    }
    assert!(!bench.painted.contains(&Slot::live(1)), "the other side is as it was");
    assert_eq!(bench.state.pictures.codes(Slot::live(0))[0], 1.5);
    assert_eq!(bench.state.pictures.codes(Slot::new("row", 0, 1)).len(), COLUMNS * 4);
    assert!(bench.live(0).is_empty());
    bench.send(Event::View(View::Pictures));
    let mean = &bench.model(1).reconstruction.as_ref().expect("the scene was encoded").0.mean;
    assert_eq!(bench.state.pictures.codes(Slot::reconstruction(1)), mean);
}

#[test]
fn losing_the_gpu_costs_nothing_that_the_visitor_set() {
    let mut bench = Bench::on_gpu();
    bench.send(Event::Turn { side: 0, unit: 0, value: 1.5 });
    let (code, scene) = (bench.model(0).code.clone(), bench.state.scene.as_ref().map(|s| s.values.clone()));
    bench.send(Event::GpuLost("unplugged".into()));
    assert_eq!(bench.state.engine(), Kind::Cpu);
    assert!(bench.state.engines.note.as_ref().is_some_and(|note| note.contains("unplugged")));
    assert_eq!(bench.model(0).code, code);
    assert_eq!(bench.state.scene.as_ref().map(|scene| scene.values.clone()), scene);
    assert_eq!(bench.live(0).len(), 4096);
    assert_eq!(bench.row(1, 0).len(), COLUMNS * 4096);
    // New models stay on the CPU from here on, until the visitor requests the GPU again.
    bench.send(Event::Choose { side: 0, entry: 1 });
    assert_eq!(bench.state.engine(), Kind::Cpu);
    bench.send(Event::Switch);
    assert_eq!(bench.state.engine(), Kind::Gpu);
    assert_eq!(bench.state.engines.note, None);
}

#[test]
fn a_switch_goes_to_the_other_engine_and_back() {
    let mut bench = Bench::on_gpu();
    bench.send(Event::Switch);
    assert_eq!((bench.state.engine(), bench.live(0).len()), (Kind::Cpu, 4096));
    bench.send(Event::Switch);
    assert_eq!((bench.state.engine(), bench.live(0).len()), (Kind::Gpu, 0));
}

#[test]
fn where_there_is_no_gpu_only_who_asks_hears_of_it() {
    let mut bench = Bench::shown();
    assert_eq!((bench.state.engine(), &bench.state.engines.note), (Kind::Cpu, &None));
    bench.send(Event::Switch);
    assert_eq!(bench.state.engine(), Kind::Cpu);
    assert!(bench.state.engines.note.as_ref().is_some_and(|note| note.contains("there is none")));
}

#[test]
fn a_gpu_that_is_slower_than_the_cpu_is_left_alone_unless_it_is_asked_for() {
    let mut bench = Bench::shown();
    bench.send(Event::Timed { milliseconds: 2.0, pictures: 2 });
    let visit = bench.state.sides[0].visit;
    bench.send(Event::Prepared { side: 0, visit, outcome: Ok(()), pace: 15.0 });
    assert_eq!(bench.state.engine(), Kind::Cpu);
    bench.send(Event::Switch);
    bench.send(Event::Prepared { side: 0, visit, outcome: Ok(()), pace: 15.0 });
    assert_eq!(bench.state.engine(), Kind::Gpu);
}

#[test]
fn the_gpus_failure_to_encode_is_its_loss_and_not_the_models() {
    let mut bench = Bench::on_gpu();
    let effects = bench.state.update(Event::Factor { factor: 3, value: 1.0 });
    let ticket = effects.iter().find_map(|effect| match effect {
        Effect::Compute(post) => Some(post.ticket),
        _ => None,
    });
    let ticket = ticket.expect("the scene is encoded by the GPU");
    bench.send(Event::Answer { ticket, reply: Reply::Failed("out of memory".into()), bytes: vec![] });
    assert_eq!(bench.state.engine(), Kind::Cpu);
    for side in 0..SIDES {
        assert_eq!(bench.live(side).len(), 4096);
    }
}

#[test]
fn a_set_of_rising_strength_opens_with_its_weakest_and_its_strongest() {
    let mut bench = Bench::shown();
    for (at, strength) in [1.0, 0.0, 0.1].into_iter().enumerate() {
        let strength = Some(strength);
        let set = "Strength".into();
        bench.state.entries.push(Entry {
            name: at.to_string(),
            set,
            strength,
            ..bench.state.entries[0].clone()
        });
    }
    let first = bench.state.entries.len() - 3;
    bench.send(Event::Set(1));
    assert_eq!([0, 1].map(|side: usize| bench.state.sides[side].entry), [first + 1, first].map(Some));
}

#[test]
fn the_pace_is_the_median_of_the_last_decodes() {
    let mut bench = Bench::new();
    for milliseconds in [100.0, 4.0, 6.0, 2.0] {
        bench.send(Event::Timed { milliseconds, pictures: 2 });
    }
    assert_eq!(bench.state.engines.pace(), Some(3.0));
}

#[test]
fn a_survey_waits_until_it_is_looked_at_and_then_asks_both_models_the_same() {
    let mut bench = Bench::shown();
    assert!(bench.model(0).survey.is_empty());
    bench.send(Event::View(View::Way));
    for side in 0..SIDES {
        assert_eq!(bench.model(side).survey.len(), SURVEYED);
        assert!(bench.drawn.contains(&Topic::Survey(side)));
    }
    // Both sides have the same weights in this test.
    assert_eq!(bench.model(0).survey.nll, bench.model(1).survey.nll);
    let [nll, mse] = bench.model(0).survey.errors().expect("pictures were redrawn");
    assert!(nll > 0.0 && (0.0..1.0).contains(&mse));
    bench.send(Event::Choose { side: 0, entry: 1 });
    assert_eq!(bench.model(0).survey.len(), SURVEYED, "a model that comes later is asked too");
}

#[test]
fn a_trace_is_of_the_factor_that_moves() {
    let mut bench = Bench::shown();
    let start = bench.model(0).code[0];
    bench.send(Event::Factor { factor: 3, value: 1.0 });
    let end = bench.model(0).code[0];
    assert_eq!(bench.model(0).ranges.of(0), Some([start.min(end), start.max(end)]));
    bench.send(Event::Factor { factor: 4, value: 0.5 });
    assert_eq!(bench.model(0).ranges.of(0), Some([end, end]), "the value was 0.5 before");
}

#[test]
fn a_factor_moves_over_its_range_and_comes_home() {
    let mut bench = Bench::shown();
    let value = |bench: &Bench| bench.state.scene.as_ref().expect("a scene").values[3];
    let code = bench.model(0).code.clone();
    bench.send(Event::PlayFactor { factor: 3 });
    assert!(bench.state.moves());
    let mut seen = Vec::new();
    for time in (0..40).map(|i| 1000.0 + 100.0 * f64::from(i)) {
        bench.send(Event::Tick(time));
        seen.push(value(&bench));
    }
    assert!(seen.contains(&0.0) && seen.contains(&1.0), "{seen:?}");
    seen.dedup();
    assert!(seen.len() <= 9, "without motion it goes in steps: {seen:?}");
    assert_eq!((value(&bench), bench.state.moves(), &bench.model(0).code), (0.5, false, &code));
    bench.send(Event::PlayFactor { factor: 3 });
    bench.send(Event::Tick(0.0));
    bench.send(Event::Tick(900.0));
    assert_ne!(value(&bench), 0.5);
    bench.send(Event::Touch);
    assert_eq!((value(&bench), bench.state.moves()), (0.5, false));
    bench.send(Event::PlayFactor { factor: 99 });
    assert!(!bench.state.moves());
}

#[test]
fn a_picture_of_ones_own_starts_from_the_present_one_and_both_models_see_it() {
    let mut bench = Bench::shown();
    let world = bench.state.picture().expect("a scene").0.to_vec();
    bench.send(Event::Edit(PictureEdit::ShowOwn(true)));
    assert_eq!(bench.state.picture().expect("a picture").0, world);
    let before = [0, 1].map(|side| bench.model(side).code.clone());
    bench.send(Event::Edit(PictureEdit::Clear));
    bench.send(Event::Edit(PictureEdit::Begin([0.5, 0.5])));
    bench.send(Event::Edit(PictureEdit::Go([0.9, 0.5])));
    bench.send(Event::Edit(PictureEdit::End));
    for (side, before) in before.iter().enumerate() {
        assert_ne!(&bench.model(side).code, before);
    }
    let drawn = bench.state.picture().expect("a picture").0.to_vec();
    bench.send(Event::Factor { factor: 3, value: 0.5 });
    assert_eq!(bench.state.picture().expect("a scene").0, world, "a factor goes back to the world");
    bench.send(Event::Edit(PictureEdit::ShowOwn(true)));
    assert_eq!(bench.state.picture().expect("a picture").0, drawn, "what was drawn is kept");
}

#[test]
fn a_picture_unlike_the_world_ranks_behind_its_random_pictures() {
    let mut bench = Bench::shown();
    bench.send(Event::View(View::Way));
    assert_eq!(bench.state.rank(bench.model(0)), None, "the world's own picture has no rank");
    bench.send(Event::Edit(PictureEdit::Replace(Ok(vec![255; 64 * 64 * 4]))));
    let (better, seen) = bench.state.rank(bench.model(0)).expect("it is measured");
    assert_eq!(seen, SURVEYED);
    let nll = bench.model(0).reconstruction.as_ref().expect("it was redrawn").0.nll;
    let count = bench.model(0).survey.nll.iter().filter(|other| **other < nll).count();
    assert_eq!(better, count as f64 / 256.0);
    let mean = |bench: &Bench| bench.model(0).reconstruction.as_ref().expect("redrawn").0.mean[1];
    let value = mean(&bench);
    let mut set = |low, high| {
        let model = bench.state.sides[0].model_mut().expect("the model is loaded");
        for unit in &mut model.card.units {
            [unit.mean_histogram.low, unit.mean_histogram.high] = [-1e9, 1e9];
        }
        [model.card.units[1].mean_histogram.low, model.card.units[1].mean_histogram.high] = [low, high];
        bench.state.beyond(bench.model(0))
    };
    assert_eq!(set(value - 1.0, value + 1.0), None);
    assert_eq!(set(value - 2.0, value - 1.0), Some(1));
}

#[test]
fn a_file_that_is_no_picture_leaves_the_picture_alone() {
    let mut bench = Bench::shown();
    let world = bench.state.picture().expect("a scene").0.to_vec();
    bench.send(Event::Edit(PictureEdit::Replace(Err("a.png can’t be read as a picture.".into()))));
    assert_eq!(bench.state.picture().expect("a scene").0, world);
    assert!(!bench.state.shows_own && bench.state.refused.is_some());
    bench.send(Event::Edit(PictureEdit::Replace(Ok(vec![0; 64 * 64 * 4]))));
    assert!(bench.state.shows_own && bench.state.refused.is_none());
}

#[test]
fn a_random_picture_is_one_of_the_worlds_and_a_seed_always_means_the_same() {
    let mut bench = Bench::shown();
    let mut picture = |seed| {
        bench.send(Event::Edit(PictureEdit::Random { seed }));
        bench.state.scene.as_ref().expect("a scene").values.clone()
    };
    let first = picture(1);
    assert_ne!(picture(2), first);
    assert_eq!(picture(1), first);
}

#[test]
fn a_sample_of_the_prior_is_another_code_of_the_same_side() {
    let mut bench = Bench::shown();
    let (before, other) = (bench.model(0).code.clone(), bench.model(1).code.clone());
    bench.send(Event::Sample { side: 0, seed: 3 });
    let first = bench.model(0).code.clone();
    assert!(first.iter().zip(&before).all(|(a, b)| a != b && a.abs() < 6.0), "{first:?}");
    bench.send(Event::Sample { side: 0, seed: 4 });
    assert_ne!(bench.model(0).code, first);
    assert_eq!(bench.model(1).code, other);
}

#[test]
fn the_pad_moves_its_two_units_and_they_can_be_chosen() {
    let mut bench = Bench::shown();
    let before = bench.model(0).code.clone();
    bench.send(Event::Axis { side: 0, axis: 0, unit: 3 });
    bench.send(Event::Axis { side: 0, axis: 1, unit: 99 });
    assert_eq!(bench.model(0).pair, [3, 0]);
    bench.send(Event::Pad { side: 0, at: [1.0, 0.0] });
    assert_eq!(bench.model(0).code, [-2.0, before[1], before[2], 2.0]);
}

#[test]
fn a_way_leads_from_a_to_b_and_the_code_goes_along() {
    let mut bench = Bench::shown();
    bench.send(Event::Along(0.5));
    let a = bench.model(0).code.clone();
    bench.send(Event::Pin { end: 0 });
    bench.send(Event::Factor { factor: 3, value: 1.0 });
    let b = bench.model(0).code.clone();
    bench.send(Event::Pin { end: 1 });
    bench.send(Event::View(View::Way));
    let [line, turns] = ["line", "turns"].map(|name| bench.pictures(name, 0, 0));
    assert_eq!([line.len(), turns.len()], [COLUMNS * 4096, 4 * 4096]);
    assert_eq!(line[..4096], turns[..4096], "both ways begin at A");
    assert_eq!(line[(COLUMNS - 1) * 4096..], turns[3 * 4096..], "and end at B");
    bench.send(Event::Along(0.25));
    let expected: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a * 0.75 + b * 0.25).collect();
    assert_eq!(bench.model(0).code, expected);
    bench.send(Event::Along(f32::NAN));
    assert_eq!(bench.state.along, 0.25);
}

#[test]
fn the_model_to_present_is_fetched_first_and_the_other_after_it() {
    let fetched = |effects: Vec<Effect>| -> Vec<usize> {
        let side = |effect: Effect| if let Effect::Fetch { side, .. } = effect { Some(side) } else { None };
        effects.into_iter().filter_map(side).collect()
    };
    let broken = || Event::Fetched { side: 1, visit: 1, file: Err("the connection broke".into()) };
    let mut state = State::new(false);
    assert_eq!(fetched(state.update(Event::Manifest(Ok(entries())))), [1]);
    let mut other = state.clone();
    assert_eq!(fetched(state.update(broken())), [0]);
    assert_eq!(fetched(other.update(Event::Choose { side: 0, entry: 1 })), [0], "a choice does not wait");
    assert_eq!(
        fetched(other.update(broken())),
        Vec::<usize>::new(),
        "nothing is fetched that nobody waits for"
    );
}

#[test]
fn a_is_the_picture_and_b_the_surveys_first_one_until_they_are_set() {
    let mut bench = Bench::shown();
    bench.send(Event::View(View::Way));
    let model = bench.model(0);
    assert_eq!(model.ends(), Some([&model.origin[..], &model.survey.codes[0][..]]));
    assert!(model.is_along(bench.state.along), "the slider stands at the live picture");
    bench.send(Event::Turn { side: 0, unit: 0, value: 1.5 });
    bench.send(Event::Pin { end: 1 });
    let model = bench.model(0);
    assert_eq!(model.ends(), Some([&model.origin[..], &model.code[..]]));
    assert_eq!(bench.pictures("line", 0, 0).len(), COLUMNS * 4096);
}

#[test]
fn a_pen_that_is_not_down_asks_nothing_of_the_models() {
    let mut bench = Bench::shown();
    bench.send(Event::Edit(PictureEdit::ShowOwn(true)));
    for edit in [
        PictureEdit::Go([0.2, 0.2]),
        PictureEdit::Nudge([1.0, 0.0]),
        PictureEdit::Pen(3.0),
        PictureEdit::Erase(true),
        PictureEdit::End,
    ] {
        let effects = bench.state.update(Event::Edit(edit));
        assert_eq!(effects, [Effect::Draw(Topic::Original)]);
    }
    let effects = bench.state.update(Event::Edit(PictureEdit::Begin([0.5, 0.5])));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Post(_))));
}

#[test]
fn a_model_that_comes_later_walks_between_the_same_pictures_as_the_other() {
    let mut bench = Bench::shown();
    bench.send(Event::View(View::Way));
    bench.send(Event::Pin { end: 0 });
    bench.send(Event::Choose { side: 0, entry: 1 });
    for side in 0..SIDES {
        let model = bench.model(side);
        assert_eq!(model.ends(), Some([&model.origin[..], &model.survey.codes[0][..]]));
    }
}

#[test]
fn a_file_that_the_visitor_brings_is_shown_and_stays_on_the_menu_of_its_side() {
    let mut bench = Bench::shown();
    let file = samples::file(1, 3);
    bench.send(Event::Bring { side: 0, name: "mine.safetensors".into(), file: Ok(file) });
    assert_eq!(bench.model(0).card.units.len(), 3);
    assert_eq!([0, 1].map(|side| bench.state.title(side)), ["Your file: mine.safetensors", "SPARSE"]);
    assert_eq!(bench.live(0).len(), 4096);
    bench.send(Event::Choose { side: 0, entry: 1 });
    assert_eq!((bench.model(0).card.units.len(), bench.state.title(0)), (4, "FRESH".to_owned()));
    bench.send(Event::Choose { side: 0, entry: 3 });
    assert_eq!(bench.model(0).card.units.len(), 3);
    let visit = bench.state.sides[1].visit;
    bench.send(Event::Choose { side: 1, entry: 3 });
    assert_eq!(bench.state.sides[1].visit, visit, "the other side has no such file");
}

#[test]
fn a_file_of_the_visitors_that_is_no_model_is_named_and_the_other_side_lives_on() {
    let mut bench = Bench::shown();
    for (file, why) in
        [(Ok(b"nonsense".to_vec()), "weights file"), (Err("it has more than 9 bytes".to_owned()), "9 bytes")]
    {
        bench.send(Event::Bring { side: 1, name: "mine.bin".into(), file });
        let refused = bench.state.sides[1].refused.clone().unwrap_or_default();
        assert!(refused.starts_with("mine.bin can’t be shown") && refused.contains(why), "{refused}");
        assert_eq!(bench.model(1).card.units.len(), 4, "the model that was there stays");
    }
    bench.send(Event::Turn { side: 0, unit: 0, value: 1.0 });
    assert_eq!(bench.model(0).code[0], 1.0);
    bench.send(Event::Choose { side: 1, entry: 1 });
    assert_eq!(bench.state.sides[1].refused, None);
}

#[test]
fn a_drawing_goes_along_to_models_of_colours() {
    let mut bench = Bench::shown();
    bench.send(Event::Edit(PictureEdit::ShowOwn(true)));
    bench.send(Event::Edit(PictureEdit::Clear));
    bench.send(Event::Edit(PictureEdit::Begin([0.5, 0.5])));
    for side in 0..SIDES {
        let file = Ok(samples::file(3, 4));
        bench.send(Event::Bring { side, name: "colour.safetensors".into(), file });
    }
    let (pixels, shape) = bench.state.picture().expect("a picture");
    assert_eq!((shape.channels, pixels.len()), (3, 3 * 4096));
    assert!(pixels.contains(&255) && pixels.contains(&0));
    assert!(bench.model(0).reconstruction.is_some(), "both see it");
}

/// The next check in the effects: its number, and whether it is full.
fn asked(effects: &[Effect]) -> Option<(u32, bool)> {
    effects.iter().find_map(|effect| match effect {
        Effect::StartCheck { ticket, full, .. } => Some((*ticket, *full)),
        _ => None,
    })
}

fn scores(value: f64) -> Vec<Score> {
    vec![Score { metric: "mig".into(), value, protocol: String::new() }]
}

#[test]
fn a_check_scores_both_sides_in_turn_and_tells_how_far_it_is() {
    let mut bench = Bench::shown();
    let (first, full) = asked(&bench.state.update(Event::Check(Some(true)))).expect("it begins");
    assert!(full);
    bench.state.update(Event::CheckMessage {
        ticket: first,
        message: CheckMessage::Share { share: 0.5, now: 9000.0 },
    });
    assert_eq!(bench.state.check.share(), Some(0.25));
    let effects = bench
        .state
        .update(Event::CheckMessage { ticket: first, message: CheckMessage::Done(Ok(scores(0.1))) });
    let (second, full) = asked(&effects).expect("the other side follows");
    assert!(full && second != first);
    bench.state.update(Event::CheckMessage { ticket: first, message: CheckMessage::Done(Ok(scores(0.9))) });
    assert_eq!(bench.state.found(0), Some(&Ok(scores(0.1))), "a late answer is ignored");
    let effects = bench
        .state
        .update(Event::CheckMessage { ticket: second, message: CheckMessage::Done(Err("no world".into())) });
    assert!(effects.contains(&Effect::StopCheck));
    assert_eq!(bench.state.found(1), Some(&Err("no world".into())));
    assert_eq!(bench.state.check.share(), None);
    bench.send(Event::Choose { side: 0, entry: 1 });
    assert_eq!(bench.state.found(0), None, "another model has other scores");
}

#[test]
fn a_check_that_is_stopped_finds_nothing() {
    let mut bench = Bench::shown();
    let (ticket, _) = asked(&bench.state.update(Event::Check(Some(false)))).expect("it begins");
    assert!(bench.state.update(Event::Check(None)).contains(&Effect::StopCheck));
    bench.state.update(Event::CheckMessage { ticket, message: CheckMessage::Done(Ok(scores(0.1))) });
    assert_eq!((bench.state.found(0), bench.state.check.share()), (None, None));
}

#[test]
fn a_model_that_is_chosen_during_a_check_does_not_get_the_others_scores() {
    let mut bench = Bench::shown();
    let (ticket, _) = asked(&bench.state.update(Event::Check(Some(false)))).expect("it begins");
    bench.send(Event::Choose { side: 0, entry: 1 });
    bench.send(Event::CheckMessage { ticket, message: CheckMessage::Done(Ok(scores(0.1))) });
    assert_eq!(bench.state.found(0), None);
}

#[test]
fn a_link_tells_another_page_all_that_was_set() {
    let mut bench = Bench::shown();
    bench.send(Event::Choose { side: 0, entry: 1 });
    bench.send(Event::Factor { factor: 3, value: 0.8125 });
    bench.send(Event::Turn { side: 1, unit: 1, value: -1.2345 });
    bench.send(Event::Unfold(true));
    let link = bench.state.fragment().expect("both are shown");
    let mut other = Bench::new();
    other.send(Event::Link(format!("#{link}")));
    other.send(Event::Manifest(Ok(entries())));
    assert_eq!(other.state.fragment(), Some(link));
    assert_eq!(other.state.sides.each_ref().map(|side| side.entry), [Some(1), Some(2)]);
    for side in 0..SIDES {
        let [here, there] = [bench.model(side), other.model(side)];
        assert_eq!((&here.code, bench.live(side)), (&there.code, other.live(side)));
        for unit in 0..4 {
            assert_eq!(bench.row(side, unit), other.row(side, unit));
        }
    }
    other.send(Event::Reset { side: 1, unit: None });
    assert_eq!(other.model(1).code, bench.model(1).origin, "a reset returns to the picture's code");
}

#[test]
fn a_link_keeps_a_and_b_and_where_the_visitor_is_between_them() {
    let mut bench = Bench::shown();
    bench.send(Event::View(View::Way));
    assert!(!bench.state.fragment().expect("both are shown").contains("&a0="), "nobody has set A");
    bench.send(Event::Turn { side: 0, unit: 0, value: 1.25 });
    bench.send(Event::Turn { side: 1, unit: 1, value: -0.123_456 });
    bench.send(Event::Pin { end: 0 });
    bench.send(Event::Factor { factor: 3, value: 0.8125 });
    bench.send(Event::Pin { end: 1 });
    bench.send(Event::Along(0.375));
    let link = bench.state.fragment().expect("both are shown");
    let mut new = Bench::new();
    new.send(Event::Link(link.clone()));
    new.send(Event::Manifest(Ok(entries())));
    let mut open = Bench::shown();
    open.send(Event::Pin { end: 0 });
    open.send(Event::Link(link.clone()));
    for other in [new, open] {
        assert_eq!((other.state.fragment(), other.state.notice.clone()), (Some(link.clone()), None));
        for side in 0..SIDES {
            let [here, there] = [bench.model(side), other.model(side)].map(Loaded::ends);
            let apart = |[a, b]: [&[f32]; 2]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let (here, there) = (here.expect("they are set"), there.expect("the link tells them"));
            assert!((0..2).all(|end| apart([here[end], there[end]]) < 1e-4), "{here:?} {there:?}");
            assert!(other.model(side).is_along(0.375));
        }
    }
    bench.send(Event::Choose { side: 0, entry: 1 });
    assert!(!bench.state.fragment().expect("both are shown").contains("&b0="), "a new model ends that");
}

/// A page on which the visitor has drawn over a picture of the world.
fn drawn() -> Bench {
    let mut bench = Bench::shown();
    bench.send(Event::Factor { factor: 3, value: 0.8125 });
    bench.send(Event::Edit(PictureEdit::ShowOwn(true)));
    bench.send(Event::Edit(PictureEdit::Begin([0.2, 0.2])));
    bench.send(Event::Edit(PictureEdit::Go([0.8, 0.3])));
    bench
}

#[test]
fn a_link_keeps_a_drawing_and_no_picture_from_a_file() {
    let mut bench = drawn();
    let link = bench.state.fragment().expect("both are shown");
    assert!(bench.state.shares() && link.len() < 1000, "{link}");
    let mut new = Bench::new();
    new.send(Event::Link(link.clone()));
    new.send(Event::Manifest(Ok(entries())));
    let mut open = Bench::shown();
    open.send(Event::Link(link.clone()));
    for other in [new, open] {
        assert!(other.state.shows_own);
        assert_eq!(other.state.picture(), bench.state.picture());
        assert_eq!((other.state.fragment(), other.state.notice.clone()), (Some(link.clone()), None));
        for side in 0..SIDES {
            assert_eq!(other.live(side), bench.live(side));
            assert_eq!(other.model(side).origin, bench.model(side).origin, "both see it");
        }
    }
    bench.send(Event::Edit(PictureEdit::Replace(Ok(vec![9; 4 * 4096]))));
    assert!(!bench.state.shares());
    assert!(!bench.state.fragment().expect("both are shown").contains("&d="), "a file stays here");
    bench.send(Event::Edit(PictureEdit::Clear));
    assert!(bench.state.shares());
    bench.send(Event::Edit(PictureEdit::ShowOwn(false)));
    assert!(!bench.state.fragment().expect("both are shown").contains("&d="));
}

#[test]
fn a_damaged_drawing_and_a_damaged_a_are_told_until_a_whole_link_comes() {
    let mut bench = drawn();
    bench.send(Event::Pin { end: 0 });
    let link = bench.state.fragment().expect("both are shown");
    let place = link.find("&d=").expect("a drawing") + 9;
    let cut = |until: &str| link[..link.find(until).expect("it is there") + 6].to_owned();
    let changed = [&link[..place], if &link[place..=place] == "A" { "B" } else { "A" }, &link[place + 1..]];
    for damaged in [changed.concat(), cut("&d="), cut("&a0=")] {
        let mut new = Bench::new();
        new.send(Event::Link(damaged.clone()));
        new.send(Event::Manifest(Ok(entries())));
        let mut open = Bench::shown();
        open.send(Event::Link(damaged.clone()));
        for mut other in [new, open] {
            assert!(other.state.notice.as_deref().is_some_and(|told| told.contains("damaged")), "{damaged}");
            assert_eq!(
                other.state.scene.as_ref().map(|scene| scene.values[3]),
                Some(0.8125),
                "the rest stays"
            );
            other.send(Event::Link(link.clone()));
            assert_eq!(other.state.notice, None);
            assert_eq!(other.state.picture(), bench.state.picture());
        }
    }
}

#[test]
fn the_tour_goes_on_where_it_was_left_and_invites_nobody_who_has_closed_it() {
    let kept = |effects: Vec<Effect>| {
        effects.iter().rev().find_map(|effect| match effect {
            Effect::Remember(tour_progress) => Some(TourProgress::parse(&tour_progress.text())),
            _ => None,
        })
    };
    let mut bench = Bench::shown();
    let tour_progress = |step, closed| Some(TourProgress { step, closed });
    assert_eq!(bench.state.tour_progress, TourProgress::default());
    assert_eq!(kept(bench.state.update(Event::Tour(Some(2)))), tour_progress(2, false));
    assert_eq!(kept(bench.state.update(Event::Tour(None))), tour_progress(2, true));
    assert_eq!(kept(bench.state.update(Event::Tour(Some(5)))), tour_progress(5, true));
    assert_eq!(
        kept(bench.state.update(Event::Tour(None))),
        tour_progress(0, true),
        "who saw the end begins anew"
    );
    for text in ["", "6", "-1", "two", "!", "2!!", "99999999999999999999"] {
        assert_eq!(TourProgress::parse(text), TourProgress::default(), "{text}");
    }
}

#[test]
fn differences_are_amplified_and_no_longer() {
    let mut bench = Bench::shown();
    for amplified in [true, false] {
        bench.drawn.clear();
        bench.send(Event::Amplify);
        assert_eq!(bench.state.amplified, amplified);
        assert!((0..SIDES).all(|side| bench.drawn.contains(&Topic::Reconstruction(side))));
    }
}

#[test]
fn a_page_that_is_open_goes_to_a_link_and_stays_for_a_part_of_the_page() {
    let mut bench = Bench::shown();
    bench.send(Event::Factor { factor: 3, value: 0.8125 });
    bench.send(Event::Turn { side: 1, unit: 1, value: -1.25 });
    let link = bench.state.fragment().expect("both are shown");
    for (side, entry) in [(0, 1), (1, 1)] {
        let mut other = Bench::shown();
        other.send(Event::Choose { side, entry });
        other.send(Event::Turn { side: 0, unit: 1, value: 2.0 });
        let before = other.state.fragment();
        other.send(Event::Link("#nowhere".into()));
        assert_eq!(other.state.fragment(), before);
        other.send(Event::Link(format!("#{link}")));
        assert_eq!(other.state.fragment().as_ref(), Some(&link));
        assert_eq!(other.live(1), bench.live(1));
    }
}

#[test]
fn a_link_of_another_page_changes_nothing_that_it_does_not_fit() {
    let plain = Bench::shown().state.fragment();
    for link in ["#nowhere", "#m=gone,lost&f=1&a=1,2,3&b=nonsense"] {
        let mut bench = Bench::new();
        bench.send(Event::Link(link.into()));
        bench.send(Event::Manifest(Ok(entries())));
        assert_eq!(bench.state.fragment(), plain, "{link}");
        assert_eq!(bench.state.notice.is_some(), link.contains('='), "{link}");
    }
}

#[test]
fn a_link_to_what_the_page_does_not_have_is_called_so() {
    for link in ["#m=vae,gone", "#m=vae,&v=nowhere"] {
        let mut bench = Bench::shown();
        bench.send(Event::Link(link.into()));
        assert!(
            bench.state.notice.as_deref().is_some_and(|notice| notice.contains("does not have")),
            "{link}"
        );
        bench.send(Event::Link("#m=vae,&v=map".into()));
        assert_eq!(bench.state.notice, None);
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn damaged_links_leave_both_models_shown() {
    let bench = std::cell::RefCell::new(Bench::shown());
    let whole = bench.borrow().state.fragment().expect("both models are shown");
    let drawing = drawn().state.fragment().expect("both models are shown");
    let ends = "m=vae,&f=1,2,0.5&a=0.1,-2&b=1e3&o=10&a0=1,2,3,4&b1=-1e30,0,0,1&t=0.5".into();
    let seeds = [whole, ends, drawing].map(String::into_bytes);
    fuzz::explore("links", &seeds, |bytes| {
        let mut bench = bench.borrow_mut();
        bench.send(Event::Link(String::from_utf8_lossy(bytes).into_owned()));
        let told = bench.state.fragment().expect("both models are shown");
        assert!(told.len() < 4096 && !told.contains("NaN"), "{told}");
    });
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn damaged_manifests_are_read_or_refused() {
    let seed = br#"{"format":1,"models":[{"file":"a.safetensors","name":"a","title":"A","bytes":12}]}"#;
    fuzz::explore("manifests", &[seed.to_vec()], |bytes| {
        let outcome = crate::manifest::parse(&String::from_utf8_lossy(bytes));
        let outcome = outcome.map_err(|error| error.to_string());
        if let Ok(entries) = &outcome {
            assert!(entries.iter().all(|entry| !entry.file.contains(['/', '\\'])), "{entries:?}");
        }
        State::new(false).update(Event::Manifest(outcome));
    });
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn damaged_messages_leave_the_page_and_its_worker_standing() {
    use crate::protocol::{Message, Request, Surveyed};

    let bench = std::cell::RefCell::new(Bench::shown());
    let requests = [
        Request::Load { side: 0 },
        Request::Decode { side: 1, codes: vec![0.5, 1.0, -2.0, 0.25] },
        Request::Reconstruct { side: 0 },
        Request::Survey { side: 1, step: 3 },
    ];
    let replies = [
        Reply::Decoded,
        Reply::Surveyed(Surveyed { means: vec![0.5; 8], nll: 1.0, mse: 0.1 }),
        Reply::Failed("why".into()),
    ];
    let requests = requests.iter().map(Message::to_bytes);
    let seeds: Vec<Vec<u8>> = requests.chain(replies.iter().map(Message::to_bytes)).collect();
    let picture = vec![7; 64 * 64];
    fuzz::explore("messages", &seeds, |bytes| {
        let mut bench = bench.borrow_mut();
        if let Some(request) = Message::from_bytes(bytes) {
            block_on(bench.worker.answer(request, &picture));
        }
        if let Some(reply) = Message::from_bytes(bytes) {
            let ticket = u64::from(bytes.first().copied().unwrap_or_default());
            bench.state.update(Event::Answer { ticket: ticket as _, reply, bytes: picture.clone() });
        }
        bench.send(Event::Link("a=0,0,0,0".into()));
    });
}

#[test]
fn activations_are_requested_while_their_view_is_open() {
    let mut bench = Bench::shown();
    bench.send(Event::Turn { side: 0, unit: 0, value: 1.0 });
    assert!(bench.model(0).activations.maps.is_empty(), "nobody looks");
    bench.send(Event::View(View::Network));
    let (layers, code) = bench.model(0).layers();
    let maps = |bench: &Bench| bench.model(0).activations.maps.clone();
    let before = maps(&bench);
    let lengths: Vec<usize> = before.iter().map(Vec::len).collect();
    let expected = |(place, layer): (usize, &crate::engine::activations::Layer)| {
        if place == code { 0 } else { layer.len() }
    };
    assert_eq!(lengths, layers.iter().enumerate().map(expected).collect::<Vec<_>>());
    assert!((0.0..1.0).contains(&bench.model(0).activations.zero_fraction(0).expect("it is known")));
    assert_eq!(bench.model(0).activations.largest_inputs.len(), layers.len());
    bench.send(Event::Turn { side: 0, unit: 0, value: -1.0 });
    assert_eq!(maps(&bench)[..code], before[..code], "the picture is the same");
    assert_ne!(maps(&bench)[code + 1..], before[code + 1..]);
    bench.send(Event::Factor { factor: 3, value: 1.0 });
    assert_ne!(maps(&bench)[..code], before[..code]);
    assert!(bench.model(0).activations.variations.is_empty());
    bench.send(Event::SelectChannel(Some(SelectedChannel { side: 0, layer: code, channel: 1 })));
    assert_eq!(bench.model(0).activations.variations.len(), 2 * 4096);
    bench.send(Event::SelectChannel(None));
    assert!(bench.model(0).activations.variations.is_empty());
}

#[test]
fn a_region_of_a_map_has_the_same_pictures_for_both_models() {
    let mut bench = Bench::shown();
    bench.send(Event::View(View::Map));
    let mark = |low: f32, high: f32| Some(Brush { side: 1, corners: [[low, 0.0], [high, 1.0]] });
    bench.send(Event::Mark(mark(0.0, 1.0)));
    assert_eq!(bench.state.brushed().len(), SURVEYED);
    assert_eq!(bench.state.shared(), None, "all pictures share nothing");
    for side in 0..SIDES {
        assert_eq!(bench.pictures("brushed", side, 0).len(), BRUSHED * 4096);
    }
    bench.send(Event::Mark(mark(f32::NAN, 1.0)));
    assert!(bench.state.brushed().is_empty());
    bench.send(Event::Thumbs(true));
    let thumbs = bench.model(0).thumbs();
    assert!(!thumbs.is_empty());
    for n in thumbs {
        assert_eq!(bench.pictures("thumb", 0, n).len(), 4096);
    }
}
