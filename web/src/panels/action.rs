//! Actions of the page's controls; each element names its action in `data-act`.

use std::fmt;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal ($($field:ident),*);)*) => {
        /// What a control does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $name {
                $(
                    #[allow(missing_docs)]
                    $field: usize,
                )*
            },)*
        }

        impl Action {
            /// Name and arguments of the action.
            fn parts(self) -> (&'static str, [usize; 3], usize) {
                match self {
                    $(Self::$name { $($field),* } => {
                        let fields: &[usize] = &[$($field),*];
                        let mut numbers = [0; 3];
                        numbers[..fields.len()].copy_from_slice(fields);
                        ($text, numbers, fields.len())
                    })*
                }
            }

            /// Returns the action with this name and these arguments.
            #[allow(unused_assignments, unused_mut, unused_variables)]
            fn of(name: &str, numbers: &[usize]) -> Option<Self> {
                let mut numbers = numbers.iter().copied();
                Some(match name {
                    $($text => Self::$name { $($field: numbers.next()?),* },)*
                    _ => return None,
                })
            }
        }
    };
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, numbers, count) = self.parts();
        f.write_str(name)?;
        numbers[..count].iter().try_for_each(|number| write!(f, " {number}"))
    }
}

impl Action {
    /// Parses an action from its displayed form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let name = words.next()?;
        let numbers: Vec<usize> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
        Self::of(name, &numbers)
    }
}

actions! {
    /// Copies the page's address.
    Copy = "copy" ();
    /// Copies HTML that embeds the rows in another page.
    Embed = "embed" ();
    /// Switches to the other engine.
    Switch = "switch" ();
    /// Closes the note on engines.
    Dismiss = "dismiss" ();
    /// Chooses a data set.
    Set = "set" (set);
    /// Chooses the model with a given strength.
    Strength = "strength" ();
    /// Chooses a model.
    Menu = "menu" (side);
    /// Opens a weights file.
    Bring = "bring" (side);
    /// Saves the rows as a picture.
    Save = "save" (side);
    /// Saves the rows as an animation.
    SaveAnimation = "save-animation" (side);
    /// Pauses or resumes the opening.
    Play = "play" ();
    /// Resets both models to the picture's code.
    Home = "home" ();
    /// Starts the tour.
    Tour = "tour" ();
    /// Goes to the next step of the tour.
    Next = "next" ();
    /// Goes to the previous step of the tour.
    Back = "back" ();
    /// Ends the tour.
    End = "end" ();
    /// Toggles smoothing of the live pictures.
    Smooth = "smooth" ();
    /// A row of pictures.
    Row = "row" (side, unit);
    /// The rows of unused units.
    Fold = "fold" ();
    /// A unit's slider.
    Turn = "turn" (side, unit);
    /// A unit's dial.
    Dial = "dial" (side, unit);
    /// Sets a unit to one of its modes.
    Mode = "mode" (side, unit, mode);
    /// A layer's maps.
    Layer = "layer" (side, layer);
    /// Draws a code from the prior.
    Sample = "sample" (side);
    /// Resets a model to the picture's code.
    Reset = "reset" (side);
    /// Chooses a unit of the map: horizontal (0) or vertical (1).
    Axis = "axis" (side, axis);
    /// The map.
    Map = "map" (side);
    /// Toggles whether dragging on the map selects a region or changes units.
    Brush = "brush" ();
    /// Toggles whether the map shows pictures or dots.
    Thumbs = "thumbs" ();
    /// Clears the region of the map.
    Unmark = "unmark" ();
    /// Chooses the factor that colours the map.
    Colour = "colour" ();
    /// Switches to the visitor's own picture (1) or the world's (0).
    Source = "source" (own);
    /// A control of the world.
    Factor = "factor" (factor);
    /// Shows a random picture of the world.
    Random = "random" ();
    /// Selects the pen (0) or the eraser (1).
    Tool = "tool" (erases);
    /// Width of the pen.
    Pen = "pen" ();
    /// Clears the drawing.
    Clear = "clear" ();
    /// Toggles showing differences from the original four times as strong.
    Amplify = "amplify" ();
    /// Opens a picture.
    Open = "open" ();
    /// Turns the camera on, or takes the picture.
    Camera = "camera" ();
    /// Turns the camera off.
    CameraOff = "camera-off" ();
    /// The canvas of the picture, on which the visitor draws.
    Canvas = "canvas" ();
    /// Moves a factor back and forth.
    PlayFactor = "play-factor" (factor);
    /// A square of the table of answers.
    Cell = "cell" (side, factor, unit);
    /// A unit's bar above that table.
    Gauge = "gauge" (side, unit);
    /// Draws new samples.
    Again = "again" ();
    /// A sample.
    Dream = "dream" (side, index);
    /// Sets the current pictures as A (0) or B (1).
    Pin = "pin" (end);
    /// The slider from A to B.
    Along = "along" ();
    /// The pictures along the line from A to B.
    Line = "line" ();
    /// Chooses the number that goes from B to A.
    Exchange = "exchange" ();
    /// A histogram of μ (0) or σ (1).
    Chart = "chart" (side, unit, kind);
    /// Measures both models, with the full protocol (1) or the quick one (0).
    Check = "check" (full);
    /// Stops measuring.
    Stop = "stop" ();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_reads_as_it_is_written() {
        for action in [Action::Copy {}, Action::Row { side: 1, unit: 12 }, Action::CameraOff {}] {
            assert_eq!(Action::parse(&action.to_string()), Some(action));
        }
        for text in ["", "row", "row 1", "row 1 x", "rows 1 2"] {
            assert_eq!(Action::parse(text), None, "{text}");
        }
    }
}
