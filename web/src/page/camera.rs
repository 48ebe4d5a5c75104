//! Takes a still from the camera as the visitor's own picture. The live image covers the picture until the
//! picture is taken, then the camera turns off.

use std::cell::{Cell, RefCell};

use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    HtmlVideoElement, ImageBitmap, MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack,
};

use super::{App, log};
use crate::state::{Event, PictureEdit};

/// State of the camera.
#[derive(Default)]
pub(super) struct Camera {
    stream: RefCell<Option<MediaStream>>,
    /// Whether the browser is asking for permission.
    asking: Cell<bool>,
}

impl App {
    /// Looks for a camera, for which there is a button.
    pub(super) fn find_camera(&self) {
        let app = self.clone();
        spawn_local(async move {
            let Ok(listed) = app.devices().and_then(|devices| devices.enumerate_devices()) else { return };
            let listed = JsFuture::from(listed).await.map_or_else(|_| Array::new(), |all| Array::from(&all));
            let kind = |device| Reflect::get(&device, &"kind".into()).ok()?.as_string();
            let any = listed.iter().any(|device| kind(device).as_deref() == Some("videoinput"));
            app.send(Event::Cameras(any));
        });
    }

    /// Turns the camera on, or takes the picture if it is on.
    pub(super) fn camera(&self) {
        let on = self.0.camera.stream.borrow().is_some();
        if !on && self.0.camera.asking.replace(true) {
            return;
        }
        let app = self.clone();
        spawn_local(async move {
            let outcome = if on { app.take_still().await } else { app.open_camera().await };
            app.0.camera.asking.set(false);
            if let Err(error) = outcome {
                app.close_camera();
                app.send(Event::Edit(PictureEdit::Replace(Err(refusal(&error)))));
            }
        });
    }

    /// Turns the camera off.
    pub(super) fn close_camera(&self) {
        if let Some(stream) = self.0.camera.stream.take() {
            stop(&stream);
            log("hiding the camera", self.show_camera(None));
        }
    }

    async fn open_camera(&self) -> Result<(), JsValue> {
        let wish = MediaStreamConstraints::new();
        wish.set_video(&JsValue::TRUE);
        let stream = self.devices()?.get_user_media_with_constraints(&wish)?;
        let stream: MediaStream = JsFuture::from(stream).await?.unchecked_into();
        if !self.0.state.borrow().shows_own {
            // The visitor has moved on in the meantime.
            stop(&stream);
            return Ok(());
        }
        self.0.camera.stream.replace(Some(stream));
        self.show_camera(self.0.camera.stream.borrow().as_ref())?;
        JsFuture::from(self.viewfinder()?.play()?).await.map(drop)
    }

    async fn take_still(&self) -> Result<(), JsValue> {
        let shape =
            self.0.state.borrow().own_picture_shape().ok_or("no model is loaded that could see it")?;
        let video = self.viewfinder()?;
        let bitmap = self.0.dom.window().create_image_bitmap_with_html_video_element(&video)?;
        let bitmap: ImageBitmap = JsFuture::from(bitmap).await?.unchecked_into();
        self.close_camera();
        let pixels = self.shrunk(&bitmap, shape)?;
        self.send(Event::Edit(PictureEdit::Replace(Ok(pixels))));
        Ok(())
    }

    /// Shows the live image, or hides it.
    fn show_camera(&self, stream: Option<&MediaStream>) -> Result<(), JsValue> {
        let dom = &self.0.dom;
        self.viewfinder()?.set_src_object(stream);
        dom.show("viewfinder", stream.is_some())?;
        dom.show("camera-off", stream.is_some())?;
        dom.set_text("camera", if stream.is_some() { "Take the picture" } else { "Camera …" })
    }

    fn viewfinder(&self) -> Result<HtmlVideoElement, JsValue> {
        self.0.dom.get("viewfinder")
    }

    /// The browser's media devices, which exist only in secure contexts.
    fn devices(&self) -> Result<MediaDevices, JsValue> {
        Reflect::get(&self.0.dom.window().navigator(), &"mediaDevices".into())?.dyn_into()
    }
}

fn stop(stream: &MediaStream) {
    for track in stream.get_tracks() {
        track.unchecked_into::<MediaStreamTrack>().stop();
    }
}

/// Explains why there is no picture.
fn refusal(error: &JsValue) -> String {
    let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
    match name.as_deref() {
        Some("NotAllowedError") => {
            "The camera may not be used: allow it for this page in the browser’s address bar.".into()
        }
        Some("NotFoundError") => "The camera is gone: plug it in, and try again.".into(),
        Some("NotReadableError") => "The camera is busy: close what else uses it, and try again.".into(),
        _ => "The camera gives no picture; open one from a file.".into(),
    }
}
