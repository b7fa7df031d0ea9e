//! The charts as one picture.

use super::{Chart, Curve};
use crate::table;
use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::{
    BLACK, ChartBuilder, Circle, DrawingArea, IntoDrawingArea, IntoLogRange, LineSeries, PathElement, RGBColor,
    SVGBackend, SeriesLabelPosition, WHITE,
};
use plotters::style::Color;
use std::error::Error;
use std::path::Path;

const SIZE: (u32, u32) = (1_200, 1_150);
const COLOURS: [RGBColor; 5] =
    [RGBColor(0, 90, 181), RGBColor(220, 50, 32), RGBColor(17, 119, 51), RGBColor(136, 34, 85), RGBColor(153, 119, 0)];

/// Draws the charts, two in a row, into a file.
pub(super) fn draw(charts: &[Chart], file: &Path) -> Result<()> {
    paint(charts, file).map_err(|error| anyhow!("can't draw {}: {error}", file.display()))
}

fn paint(charts: &[Chart], file: &Path) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, chart) in root.split_evenly((charts.len().div_ceil(2), 2)).iter().zip(charts) {
        paint_chart(area, chart)?;
    }
    root.present()?;
    Ok(())
}

fn paint_chart(area: &DrawingArea<SVGBackend<'_>, Shift>, chart: &Chart) -> Result<(), Box<dyn Error>> {
    let (places, values) = (range(chart, |point| point.0), range(chart, |point| point.1));
    let mut canvas = ChartBuilder::on(area)
        .caption(&chart.title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(76)
        .build_cartesian_2d((places.0..places.1).log_scale(), (values.0 / 1.5..values.1 * 1.5).log_scale())?;
    let shown = |value: &f64| if chart.unit == "ns" { table::time(*value) } else { table::bytes(*value) };
    canvas
        .configure_mesh()
        .x_desc(&chart.axis)
        .x_label_formatter(&|place| table::grouped(*place as u64))
        .y_label_formatter(&shown)
        .light_line_style(WHITE.mix(0.0))
        .label_style(("sans-serif", 13))
        .draw()?;
    for (curve, colour) in chart.curves.iter().zip(COLOURS) {
        let Curve { name, points } = curve;
        canvas
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        canvas.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
    }
    canvas
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.2))
        .label_font(("sans-serif", 13))
        .draw()?;
    Ok(())
}

fn range(chart: &Chart, of: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
    let values = || chart.curves.iter().flat_map(|curve| &curve.points).map(&of).filter(|value| *value > 0.0);
    (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max))
}
