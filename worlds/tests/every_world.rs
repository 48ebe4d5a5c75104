//! Properties that hold for every world.

use worlds::{Factor, FactorKind, World, all};

fn drawn(world: &dyn World, values: &[f64]) -> Vec<u8> {
    let mut image = vec![0; world.image_shape().iter().product()];
    world.render(values, &mut image);
    image
}

fn values(world: &dyn World, classes: &[usize]) -> Vec<f64> {
    world.factors().iter().zip(classes).map(|(factor, &class)| factor.value(class)).collect()
}

/// Points spread over the grid.
fn some_points(world: &dyn World, count: u64) -> impl Iterator<Item = Vec<usize>> {
    (0..world.len()).step_by((world.len() / count) as usize | 1).map(|index| world.classes(index))
}

#[test]
fn every_step_of_every_factor_changes_pictures() {
    for &world in all() {
        let points: Vec<Vec<usize>> = some_points(world, 7).collect();
        for (place, factor) in world.factors().iter().enumerate() {
            for class in 1..factor.count {
                let moves = points.iter().filter(|point| {
                    let [before, after] = [class - 1, class].map(|class| {
                        let mut classes = (*point).clone();
                        classes[place] = class;
                        drawn(world, &values(world, &classes))
                    });
                    before != after
                });
                assert!(moves.count() > points.len() / 2, "{} {} {class}", world.name(), factor.name);
            }
        }
    }
}

#[test]
fn quantities_are_drawn_between_their_grid_values() {
    for &world in all() {
        let classes = world.classes(world.len() / 2);
        for (place, factor) in world.factors().iter().enumerate() {
            if factor.kind == FactorKind::Category {
                continue;
            }
            let mut values = values(world, &classes);
            let pictures = [0.0, 0.5, 1.0].map(|share| {
                values[place] = factor.value(0) + share * (factor.value(1) - factor.value(0));
                drawn(world, &values)
            });
            assert_ne!(pictures[0], pictures[1], "{} {}", world.name(), factor.name);
            assert_ne!(pictures[1], pictures[2], "{} {}", world.name(), factor.name);
        }
    }
}

#[test]
fn the_same_values_draw_the_same_picture_after_any_other() {
    for &world in all() {
        let points: Vec<Vec<f64>> = some_points(world, 20).map(|classes| values(world, &classes)).collect();
        let mut first: Vec<Vec<u8>> = points.iter().map(|values| drawn(world, values)).collect();
        first.reverse();
        let again: Vec<Vec<u8>> = points.iter().rev().map(|values| drawn(world, values)).collect();
        assert_eq!(first, again, "{}", world.name());
    }
}

#[test]
fn no_value_panics() {
    for &world in all() {
        for classes in some_points(world, 3) {
            for place in 0..world.factors().len() {
                for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, 1e-300, -7.3, 1e9] {
                    let mut values = values(world, &classes);
                    values[place] = value;
                    drawn(world, &values);
                }
            }
        }
        drawn(world, &vec![f64::NAN; world.factors().len()]);
    }
}

#[test]
fn tables_are_sound() {
    for &world in all() {
        for Factor { name, kind, low, high, count, labels } in world.factors() {
            assert!(low < high && *count >= 2, "{} {name}", world.name());
            assert_eq!(labels.len(), if *kind == FactorKind::Category { *count } else { 0 }, "{name}");
        }
        let mut names: Vec<&str> = world.factors().iter().map(|factor| factor.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), world.factors().len(), "{}", world.name());
    }
}
