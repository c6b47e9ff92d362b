#include "models/fundus_vessels.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace burin::models {
namespace {

constexpr double step = 0.004;       // length of a piece
constexpr double thinnest = 0.0015;  // vessels end here
constexpr double fovea = 0.045;      // radius of the zone without vessels
constexpr double horizon = 0.53;     // distance from the centre at which growth ends
constexpr int most_pieces = 40000;
constexpr double pi = std::numbers::pi;

double distance(RetinaPoint a, RetinaPoint b) { return std::hypot(a.x - b.x, a.y - b.y); }

// The angle turned into (-pi, pi].
double wrapped(double angle) { return std::remainder(angle, 2 * pi); }

enum class Course { arcade, outward, free };

// The growing end of a vessel.
struct Tip {
  RetinaPoint at;
  double heading = 0, width = 0;
  double length_left = 0;
  bool artery = false;
  Course course = Course::free;
  double side = 1;      // arcade: +1 below the disc, -1 above
  double reach = 0.25;  // arcade: how far above or below the macula it passes
  double turn = 0;      // curvature, radians per unit length
  double bearing = 0;   // free: the heading that it keeps to
  double grown = 0;
  int id = 0, parent = -1;
};

// Which vessel of either kind passed a place last.
class Occupied {
 public:
  Occupied() : cells_(2 * side * side, -1) {}
  int& at(RetinaPoint p, bool artery) {
    const auto cell = [](double v) {
      return static_cast<std::size_t>(std::clamp((v + 0.55) / 1.1, 0.0, 0.9999) * side);
    };
    return cells_[((artery ? side : 0) + cell(p.y)) * side + cell(p.x)];
  }

 private:
  static constexpr std::size_t side = 128;
  std::vector<int> cells_;
};

class Tree {
 public:
  Tree(const RetinaPlan& plan, runtime::RandomSequence& random) : plan_(plan), random_(random) {}

  std::vector<VesselPiece> grow() {
    plant();
    while (!tips_.empty() && pieces_.size() < most_pieces) {
      // Wide vessels first: they take their place before twigs do.
      const auto widest = std::ranges::max_element(tips_, {}, &Tip::width);
      const Tip tip = *widest;
      tips_.erase(widest);
      extend(tip);
    }
    return std::move(pieces_);
  }

 private:
  double uniform(double low, double high) {
    return static_cast<double>(random_.uniform(static_cast<float>(low), static_cast<float>(high)));
  }
  double sign() { return random_.chance(0.5f) ? 1.0 : -1.0; }

  void plant() {
    const double temporal = plan_.temporal > 0 ? 0 : pi;
    for (const bool artery : {false, true})
      for (const double side : {1.0, -1.0}) {
        const double width = artery ? uniform(0.0070, 0.0090) : uniform(0.0090, 0.0115);
        Tip arcade = root(side * uniform(1.35, 1.75), width, artery);
        arcade.course = Course::arcade;
        arcade.side = side;
        arcade.reach = uniform(0.19, 0.30);
        tips_.push_back(arcade);
        Tip nasal = root(side * uniform(1.75, 2.7), width * uniform(0.6, 0.95), artery);
        nasal.course = Course::outward;
        tips_.push_back(nasal);
      }
    const int thin = 5 + static_cast<int>(random_.below(6));
    for (int i = 0; i < thin; ++i) {
      // All around the disc, thin ones also straight to the macula.
      Tip tip = root(wrapped(uniform(0, 2 * pi)), uniform(0.0022, 0.0038), random_.chance(0.5f));
      tip.course = std::abs(wrapped(tip.heading - temporal)) < 0.6 ? Course::free : Course::outward;
      tip.length_left = uniform(0.12, 0.3);
      tips_.push_back(tip);
    }
  }

  // `angle` from the temporal direction, positive downwards.
  Tip root(double angle, double width, bool artery) {
    Tip tip;
    tip.heading = plan_.temporal > 0 ? angle : wrapped(pi - angle);
    const double from = plan_.disc_radius * uniform(0.0, 0.5);
    tip.at = {plan_.disc.x + from * std::cos(tip.heading),
              plan_.disc.y + from * std::sin(tip.heading)};
    tip.width = width;
    tip.bearing = tip.heading;
    tip.artery = artery;
    tip.length_left = 2;
    tip.id = next_id_++;
    return tip;
  }

  // Where a vessel would go if nothing disturbed it, and how strongly, per unit length.
  double target(const Tip& tip, double& pull) const {
    pull = 12;
    if (tip.course == Course::arcade) {
      const double x = (tip.at.x - plan_.disc.x) * plan_.temporal;
      const double y = (tip.at.y - plan_.disc.y) * tip.side;
      const double ahead = std::max(x, 0.0) + 0.06;
      // Rises steeply from the disc, runs level above the macula, then falls a little.
      const double wanted = tip.reach * std::pow(1 - std::exp(-ahead / 0.10), 0.7) -
                            0.25 * std::max(0.0, ahead - 0.40);
      const double angle = std::atan2(tip.side * (wanted - y), 0.06);
      return plan_.temporal > 0 ? angle : pi - angle;
    }
    if (tip.course == Course::outward) {
      pull = 3;
      return std::atan2(tip.at.y - plan_.disc.y, tip.at.x - plan_.disc.x);
    }
    pull = 6;
    return tip.bearing;
  }

  void extend(Tip tip) {
    const double taper = tip.course == Course::free ? 0.35 / std::max(tip.length_left, 0.05) : 0.3;
    while (tip.length_left > 0 && pieces_.size() < most_pieces) {
      double pull = 0;
      const double wanted = target(tip, pull);
      const double restless = 2.2 + 0.010 / tip.width;  // thin vessels wind more
      tip.turn = 0.85 * tip.turn + restless * static_cast<double>(random_.normal());
      tip.heading +=
          step * (tip.turn + pull * std::clamp(wrapped(wanted - tip.heading), -1.0, 1.0));
      const RetinaPoint to{tip.at.x + step * std::cos(tip.heading),
                           tip.at.y + step * std::sin(tip.heading)};
      if (std::hypot(to.x, to.y) > horizon || distance(to, plan_.macula) < fovea) return;
      int& owner = occupied_.at(to, tip.artery);
      const bool taken = tip.width < 0.004 && owner >= 0 && owner != tip.id &&
                         (owner != tip.parent || tip.grown > 0.03);
      if (taken && distance(to, plan_.disc) > 1.5 * plan_.disc_radius) return;
      owner = tip.id;
      const double width = tip.width * (1 - taper * step);
      pieces_.push_back({tip.at, to, tip.width, width, tip.artery});
      tip.at = to;
      tip.width = width;
      tip.grown += step;
      tip.length_left -= step;
      if (tip.width < thinnest) return;
      if (distance(to, plan_.disc) > 1.3 * plan_.disc_radius &&
          random_.chance(static_cast<float>(18 * step)))
        branch(tip);
    }
  }

  void branch(Tip& tip) {
    const bool fork = random_.chance(0.25f);
    const double share = fork ? uniform(0.65, 0.9) : uniform(0.28, 0.6);
    Tip child;
    child.width = std::max(share * tip.width, tip.width > 0.003 ? 0.0019 : 0);
    if (child.width < thinnest || child.width >= tip.width) return;
    const double side = sign();
    child.at = tip.at;
    child.heading = tip.heading + side * (fork ? uniform(0.4, 0.8) : uniform(0.7, 1.3));
    child.bearing = child.heading - side * uniform(0.0, 0.5);
    child.artery = tip.artery;
    child.id = next_id_++;
    child.parent = tip.id;
    child.length_left = (0.04 + 32 * child.width) * uniform(0.6, 1.5);
    tip.width = std::cbrt(std::pow(tip.width, 3) - 0.65 * std::pow(child.width, 3));
    if (fork && tip.course != Course::arcade) tip.heading -= side * uniform(0.1, 0.35);
    tips_.push_back(child);
  }

  const RetinaPlan& plan_;
  runtime::RandomSequence& random_;
  Occupied occupied_;
  std::vector<Tip> tips_;
  std::vector<VesselPiece> pieces_;
  int next_id_ = 0;
};

}  // namespace

RetinaPlan draw_retina(runtime::RandomSequence& random) {
  const auto uniform = [&](double low, double high) {
    return static_cast<double>(random.uniform(static_cast<float>(low), static_cast<float>(high)));
  };
  RetinaPlan plan;
  plan.temporal = random.chance(0.5f) ? 1 : -1;
  plan.macula = {uniform(-0.04, 0.04), uniform(-0.03, 0.04)};
  plan.disc = {plan.macula.x - plan.temporal * uniform(0.24, 0.30),
               plan.macula.y - uniform(0.0, 0.05)};
  plan.disc_radius = uniform(0.048, 0.062);
  return plan;
}

std::vector<VesselPiece> grow_vessels(const RetinaPlan& plan, runtime::RandomSequence& random) {
  return Tree(plan, random).grow();
}

}  // namespace burin::models
