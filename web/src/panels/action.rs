//! What the page's controls are for: an element names its action in `data-act`.

use std::fmt;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal ($($field:ident),*);)*) => {
        /// What a control is for.
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
            /// Its name and its numbers.
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

            /// The action of that name and numbers.
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
    /// Reads an action as it is displayed.
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
    /// Copies the HTML that shows the rows in another page.
    Embed = "embed" ();
    /// Goes to the other engine.
    Switch = "switch" ();
    /// Closes the note on engines.
    Dismiss = "dismiss" ();
    /// Chooses a data set.
    Set = "set" (set);
    /// Chooses a model.
    Menu = "menu" (side);
    /// Opens a weights file.
    Bring = "bring" (side);
    /// Saves the rows as a picture.
    Save = "save" (side);
    /// Saves the rows as an animation.
    Film = "film" (side);
    /// Pauses the opening, or has it go on.
    Play = "play" ();
    /// Brings both models back to the picture's code.
    Home = "home" ();
    /// Begins the tour.
    Tour = "tour" ();
    /// Goes to the next step of the tour.
    Next = "next" ();
    /// Goes to the step before.
    Back = "back" ();
    /// Ends the tour.
    End = "end" ();
    /// Smooths the pixels of the live pictures, or not.
    Smooth = "smooth" ();
    /// A row of pictures.
    Row = "row" (side, unit);
    /// The rows of unused units.
    Fold = "fold" ();
    /// A unit's slider.
    Turn = "turn" (side, unit);
    /// A unit's dial.
    Dial = "dial" (side, unit);
    /// Draws a code from the prior.
    Sample = "sample" (side);
    /// Brings a model back to the picture's code.
    Reset = "reset" (side);
    /// Chooses a unit of the map: across (0) or up (1).
    Axis = "axis" (side, axis);
    /// The map.
    Map = "map" (side);
    /// Chooses the factor that colours the map.
    Colour = "colour" ();
    /// Turns to the visitor's own picture (1) or the world's (0).
    Source = "source" (own);
    /// A control of the world.
    Factor = "factor" (factor);
    /// Shows a random picture of the world.
    Random = "random" ();
    /// Takes the pen (0) or the eraser (1).
    Tool = "tool" (erases);
    /// The pen's width.
    Pen = "pen" ();
    /// Wipes the paper.
    Clear = "clear" ();
    /// Shows differences from the original four times as strong, or no longer.
    Amplify = "amplify" ();
    /// Opens a picture.
    Open = "open" ();
    /// Turns the camera on, or takes the picture.
    Camera = "camera" ();
    /// Turns the camera off.
    CameraOff = "camera-off" ();
    /// The paper.
    Paper = "paper" ();
    /// Moves a factor to and fro.
    Sway = "sway" (factor);
    /// A square of the table of answers.
    Cell = "cell" (side, factor, unit);
    /// A unit's bar over that table.
    Gauge = "gauge" (side, unit);
    /// Draws other samples.
    Again = "again" ();
    /// A sample.
    Dream = "dream" (side, index);
    /// Makes the present pictures A (0) or B (1).
    Pin = "pin" (end);
    /// The slider from A to B.
    Along = "along" ();
    /// The pictures along the line from A to B.
    Line = "line" ();
    /// A histogram of μ (0) or σ (1).
    Chart = "chart" (side, unit, kind);
    /// Measures both models, fully (1) or not (0).
    Check = "check" (full);
    /// Stops that.
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
